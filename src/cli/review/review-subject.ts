import jsonPatch from 'fast-json-patch';
import { createPatch, type PatchOperation } from '../../admission/json-patch.ts';
import type { AssessPod, DecidedAssessment } from '../../assess/assessment.ts';
import { createDeadline, type Deadline } from '../../assess/deadline.ts';
import { property, type JsonObject } from '../../lib/json.ts';
import { formatPointer } from '../../pod/json-pointer.ts';
import { readPod } from '../../pod/read-pod.ts';
import type { Change, Decision } from '../../policy/decision.ts';
import type { AssessableSubject, ReviewSubject } from './subjects.ts';

const DEFAULTS = {
  /** Nobody waits for an admission here: as long as a look-up may take at all. */
  lookMilliseconds: 30_000,
} as const;

/** What the two webhooks would do with a subject, one after the other. */
export type Reviewed = LeftReview | DecidedReview;

export interface LeftReview {
  readonly kind: 'left';
  readonly subject: ReviewSubject;
  readonly reason: string;
  /** What the user should be told about it all the same. */
  readonly notes: readonly string[];
}

export interface DecidedReview {
  readonly kind: 'decided';
  readonly subject: AssessableSubject;
  /** As `/validate` sees it, after the changes. */
  readonly assessment: DecidedAssessment;
  /** Before the changes: says whether the class was the Pod's own. */
  readonly runtimeClass: Decision['runtimeClass'];
  /** Made; in mode audit, those that would be. */
  readonly changes: readonly Change[];
  /** Against the object, template path and all. */
  readonly patch: readonly PatchOperation[];
  /** The object as it would be, or for a workload with the changes of its Pods written into the template. */
  readonly result: JsonObject;
}

function left(subject: ReviewSubject, reason: string, notes: readonly string[]): LeftReview {
  return { kind: 'left', subject, reason, notes };
}

function applyTo(object: JsonObject, patch: readonly PatchOperation[]): JsonObject {
  if (patch.length === 0) return object;
  return jsonPatch.applyPatch(object, patch, false, false).newDocument;
}

/** What stands at the keys; it was read before, so that it is there. */
function standingAt(path: readonly string[], object: JsonObject): object {
  return path.reduce<object>((value, key) => property(value as JsonObject, key) as object, object);
}

/**
 * The operations for the Pod, as they are for the object that it stands in: what a template is judged as may have more in it
 * than what was written, such as the owner that its Pods will have.
 */
function patchFor(
  { object, path }: AssessableSubject,
  changes: readonly Change[],
): readonly PatchOperation[] {
  const prefix = formatPointer(path);
  return createPatch(standingAt(path, object), changes).map((operation) => ({
    ...operation,
    path: prefix + operation.path,
  }));
}

function changesOf({ outcome }: DecidedAssessment): readonly Change[] {
  return [...outcome.changes, ...outcome.withheld.changes];
}

interface Step {
  readonly subject: AssessableSubject;
  readonly assess: AssessPod;
  readonly deadline: Deadline;
}

function ask({ subject, assess, deadline }: Step, step: 'mutate' | 'validate'): ReturnType<AssessPod> {
  const { asked, source } = subject;
  return assess({ ...asked, namespace: source.namespace, step, deadline });
}

/** What `/mutate` is asked about. */
function isCreation({ asked }: AssessableSubject): boolean {
  return asked.subject === 'pod' && asked.previous === undefined;
}

/** What `/mutate` is not asked about and `/validate` says no changes of: the Pod that is there keeps what it has. */
function isUpdate({ asked }: AssessableSubject): boolean {
  return asked.subject === 'pod' && asked.previous !== undefined;
}

/**
 * Assessed once: a workload, which is never changed (the changes are those that its Pods will get), and the update of a Pod,
 * which `/mutate` is not asked about.
 */
async function reviewOnce(step: Step): Promise<Reviewed> {
  const { subject } = step;
  const assessment = await ask(step, 'validate');
  if (assessment.kind === 'skipped') return left(subject, assessment.reason, assessment.notes);
  const { runtimeClass } = assessment.decision;
  const keeps = isUpdate(subject);
  const changes = keeps ? [] : changesOf(assessment);
  const patch = keeps ? [] : patchFor(subject, assessment.outcome.changes);
  return {
    kind: 'decided',
    subject,
    assessment,
    runtimeClass,
    changes,
    patch,
    result: applyTo(subject.object, patch),
  };
}

/** `/mutate`, its patch applied, and `/validate` on what came of it. */
async function reviewPod(step: Step): Promise<Reviewed> {
  const { subject } = step;
  const mutation = await ask(step, 'mutate');
  const patch = mutation.kind === 'decided' ? patchFor(subject, mutation.outcome.changes) : [];
  const result = applyTo(subject.object, patch);
  const mutated = { ...subject, asked: { ...subject.asked, pod: readPod(result) } };
  const assessment = await ask({ ...step, subject: mutated }, 'validate');
  if (assessment.kind === 'skipped') return left(subject, assessment.reason, assessment.notes);
  // In mode audit /mutate does not answer, and /validate tells all.
  const first = mutation.kind === 'decided' ? mutation : assessment;
  const { runtimeClass } = first.decision;
  return { kind: 'decided', subject, assessment, runtimeClass, changes: changesOf(first), patch, result };
}

export async function reviewSubject(assess: AssessPod, subject: ReviewSubject): Promise<Reviewed> {
  if (subject.kind === 'left') return left(subject, subject.reason, []);
  const step = { subject, assess, deadline: createDeadline(DEFAULTS.lookMilliseconds) };
  return isCreation(subject) ? reviewPod(step) : reviewOnce(step);
}
