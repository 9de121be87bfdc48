import { answerNotJudged } from '../admission/answer-assessment.ts';
import {
  readSubject,
  type SubjectRequest,
  type Assessable,
  type NotJudged,
} from '../admission/read-subject.ts';
import type { Answer } from '../admission/response.ts';
import type { AdmissionRequest } from '../admission/review.ts';
import type { JsonObject } from '../lib/json.ts';
import { metadataText } from '../pod/object-metadata.ts';
import { templatePath } from '../pod/workloads.ts';

/** The file from which a tool rendered an object. */
export interface Origin {
  readonly tool: 'helm' | 'kustomize';
  /** For Helm, begins with the name of the chart; for kustomize, relative to the folder that was built, or to `repo`. */
  readonly path: string;
  /** URL of the repository that kustomize loaded the file from; null for a local file. */
  readonly repo: string | null;
  /** Branch, tag or commit in that repository. */
  readonly ref: string | null;
}

export interface Source {
  /** `-` for standard input, empty for an object that was read from the cluster. */
  readonly file: string;
  /** Starts at 1. */
  readonly document: number;
  /** Line in `file` where the object begins; null if it comes from no file. */
  readonly line: number | null;
  /** Null if the object does not name one. */
  readonly origin: Origin | null;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface SubjectSource {
  readonly source: Source;
  /** The Pod or workload. */
  readonly object: JsonObject;
  /** The AdmissionReview's uid; null for a manifest. */
  readonly uid: string | null;
}

/** A Pod, or the template of a workload, to assess. */
export interface AssessableSubject extends SubjectSource {
  readonly kind: 'assessable';
  readonly request: Assessable;
  /** Keys that lead to the template; empty for a Pod. Null if the object holds no template, so that it cannot be patched. */
  readonly path: readonly string[] | null;
  /** Absent if the object holds its template. */
  readonly made?: Made;
}

/** How a template came about that an operator makes of an object. */
export interface Made {
  /** True if an object that decides about it was not given. */
  readonly isAssumed: boolean;
  /** What was assumed in its place; null if nothing. */
  readonly assumption: string | null;
  /** What the author of the object can set. */
  readonly howToSet: string;
}

/** An object that wasmgate does not assess. */
export interface LeftSubject extends SubjectSource {
  readonly kind: 'left';
  readonly reason: string;
  /** True if it is invalid, so that its outcome is unknown. */
  readonly isBroken: boolean;
  readonly answer: Answer;
}

export type Subject = AssessableSubject | LeftSubject;

/** Returns the name as kubectl prints it; a name that the API server will generate ends in `*`. */
export function nameOf(object: JsonObject): string {
  const name = metadataText(object, 'name');
  if (name !== '') return name;
  const prefix = metadataText(object, 'generateName');
  return prefix === '' ? '' : `${prefix}*`;
}

type GroupKind = Pick<AdmissionRequest['kind'], 'group' | 'kind'>;

/** Returns the keys that lead to the Pod template; `[]` for a Pod, null for a kind without one. */
function pathOf({ group, kind }: GroupKind, object: unknown): readonly string[] | null {
  return group === '' && kind === 'Pod' ? [] : templatePath({ group, kind }, object);
}

export function leave(common: SubjectSource, notJudged: NotJudged): LeftSubject {
  const { subject, reason } = notJudged;
  const answer = answerNotJudged(notJudged, common.source.kind);
  return { kind: 'left', ...common, reason, isBroken: subject === 'broken', answer };
}

export function subjectFrom(common: SubjectSource, request: SubjectRequest): Subject | null {
  const path = pathOf(request.kind, common.object);
  if (path === null) return null;
  const read = readSubject(request);
  return read.subject === 'none' || read.subject === 'broken'
    ? leave(common, read)
    : { kind: 'assessable', ...common, path, request: read };
}
