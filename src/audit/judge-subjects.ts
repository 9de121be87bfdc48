import jsonPatch from 'fast-json-patch';
import { createPatch, type PatchOperation } from '../admission/json-patch.ts';
import {
  createDeadline,
  type AssessPod,
  type Deadline,
  type DecidedAssessment,
} from '../assess/assessment.ts';
import type { ServiceAccountsPort } from '../assess/ports.ts';
import { property, type JsonObject } from '../lib/json.ts';
import { createTaskPool } from '../lib/task-pool.ts';
import { formatPointer } from '../pod/json-pointer.ts';
import { readPod } from '../pod/pod.ts';
import { serviceAccountOf } from '../pod/pull-secret-names.ts';
import type { Change, Decision, RatedFinding } from '../policy/decision.ts';
import type { AuditedWorkload } from './audit-report.ts';
import type { OpenMatter } from './reported-item.ts';
import type { AssessableSubject, Subject, SubjectSource } from './subject.ts';

export const REVIEW_LIMITS = {
  /** The longest that a lookup may take, because no admission request waits for it. */
  lookupMilliseconds: 30_000,
  /** Concurrent reviews: enough to hide a registry's latency, few enough for its rate limits. */
  concurrency: 8,
} as const;

/** The result of running both webhooks, one after the other, on a subject; or of judging Pods that exist. */
export type Reviewed = LeftReview | DecidedReview | RunningReview;

export interface LeftReview {
  readonly kind: 'left';
  readonly subject: Subject;
  readonly reason: string;
  /** Notes for the user about it. */
  readonly notes: readonly string[];
  /** Its Pods that exist; absent if none were judged. */
  readonly running?: AuditedWorkload;
}

export interface DecidedReview {
  readonly kind: 'decided';
  readonly subject: AssessableSubject;
  /** The assessment of `/validate`, after the changes. */
  readonly assessment: DecidedAssessment;
  /** Before the changes: says whether the Pod named its class itself. */
  readonly runtimeClass: Decision['runtimeClass'];
  /** Facts that could not be read and may change the result, of either webhook. */
  readonly hangsOn: readonly OpenMatter[];
  /** Denials that such a fact, or an object that was not given, may lift. */
  readonly doubtful: readonly RatedFinding[];
  /** The changes made or, in mode audit, those that would be made. */
  readonly changes: readonly Change[];
  /** Relative to the object, with the template's path. */
  readonly patch: readonly PatchOperation[];
  /** The patched object; for a workload, with its Pods' changes in the template. */
  readonly result: JsonObject;
  /** Its Pods that exist; absent if none were judged. */
  readonly running?: AuditedWorkload;
}

/** Pods that exist, of an owner that is not judged itself. */
export interface RunningReview {
  readonly kind: 'running';
  readonly subject: SubjectSource;
  readonly running: AuditedWorkload;
}

function left(subject: Subject, reason: string, notes: readonly string[]): LeftReview {
  return { kind: 'left', subject, reason, notes };
}

function applyTo(object: JsonObject, patch: readonly PatchOperation[]): JsonObject {
  if (patch.length === 0) return object;
  return jsonPatch.applyPatch(object, patch, false, false).newDocument;
}

/** Returns the value at a path that is known to exist. */
function valueAt(path: readonly string[], object: JsonObject): object {
  return path.reduce<object>((value, key) => property(value as JsonObject, key) as object, object);
}

/**
 * Creates the patch against the object itself. wasmgate may have assessed more than the object holds, such as the owner that a
 * template's Pods will have.
 */
function patchFor(
  { object, path }: AssessableSubject,
  changes: readonly Change[],
): readonly PatchOperation[] {
  if (path === null) return [];
  const prefix = formatPointer(path);
  return createPatch(valueAt(path, object), changes).map((operation) => ({
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

function assessStep({ subject, assess, deadline }: Step, step: 'mutate' | 'validate'): ReturnType<AssessPod> {
  const { request, source } = subject;
  return assess({ ...request, namespace: source.namespace, step, deadline });
}

/** Doubts every denial if it was only assumed how the Pods look: even the image may be another one. */
function doubtsOf(
  { made }: AssessableSubject,
  { hangsOn = [], doubtful = [], decision }: DecidedAssessment,
): Pick<DecidedReview, 'hangsOn' | 'doubtful'> {
  if (made?.isAssumed !== true) return { hangsOn, doubtful };
  const assumed = decision.findings.filter(({ action }) => action === 'deny');
  return {
    hangsOn: assumed.length > 0 ? [...hangsOn, 'manifest'] : hangsOn,
    doubtful: [...doubtful, ...assumed],
  };
}

/**
 * Reviews what the API server sends to `/validate` only: a workload, whose changes are those that its Pods will get, and the
 * update of a Pod, which is never changed.
 */
async function reviewOnce(step: Step): Promise<LeftReview | DecidedReview> {
  const { subject } = step;
  const assessment = await assessStep(step, 'validate');
  if (assessment.kind === 'skipped') return left(subject, assessment.reason, assessment.notes);
  const { runtimeClass } = assessment.decision;
  const isPod = subject.request.subject === 'pod';
  const changes = isPod ? [] : changesOf(assessment);
  const patch = isPod ? [] : patchFor(subject, assessment.outcome.changes);
  return {
    kind: 'decided',
    subject,
    assessment,
    runtimeClass,
    ...doubtsOf(subject, assessment),
    changes,
    patch,
    result: applyTo(subject.object, patch),
  };
}

/**
 * Reports whether a denial holds in all assessments, whatever could not be read: with other nodes, `/mutate` may have chosen a class
 * with which `/validate` denies nothing.
 */
function isCertain({ id, container }: RatedFinding, assessments: readonly DecidedAssessment[]): boolean {
  return assessments.every(
    ({ hangsOn, doubtful = [], decision: { findings } }) =>
      hangsOn === undefined ||
      findings.some(
        (one) =>
          one.id === id && one.container === container && one.action === 'deny' && !doubtful.includes(one),
      ),
  );
}

/** Runs `/mutate`, applies its patch, and runs `/validate` on the result. */
async function reviewPod(step: Step): Promise<LeftReview | DecidedReview> {
  const { subject } = step;
  const mutation = await assessStep(step, 'mutate');
  const patch = mutation.kind === 'decided' ? patchFor(subject, mutation.outcome.changes) : [];
  const result = applyTo(subject.object, patch);
  const mutated = { ...subject, request: { ...subject.request, pod: readPod(result) } };
  const assessment = await assessStep({ ...step, subject: mutated }, 'validate');
  if (assessment.kind === 'skipped') return left(subject, assessment.reason, assessment.notes);
  // In mode audit, /mutate skips the Pod and /validate reports everything.
  const first = mutation.kind === 'decided' ? mutation : assessment;
  const { runtimeClass } = first.decision;
  const hangsOn = [...new Set([...(first.hangsOn ?? []), ...(assessment.hangsOn ?? [])])];
  const doubtful = assessment.outcome.denials.filter((denial) => !isCertain(denial, [first, assessment]));
  const changes = changesOf(first);
  return { kind: 'decided', subject, assessment, runtimeClass, hangsOn, doubtful, changes, patch, result };
}

export async function judgeSubject(assess: AssessPod, subject: Subject): Promise<LeftReview | DecidedReview> {
  if (subject.kind === 'left') return left(subject, subject.reason, []);
  const step = { subject, assess, deadline: createDeadline(REVIEW_LIMITS.lookupMilliseconds) };
  const { request } = subject;
  const isCreation = request.subject === 'pod' && request.previous === undefined;
  return isCreation ? reviewPod(step) : reviewOnce(step);
}

/**
 * Applies an operation to all items concurrently, and returns the results in order.
 * @param onDone called after each item
 */
export async function runConcurrently<Item, Result>(
  items: readonly Item[],
  operation: (item: Item) => Promise<Result>,
  onDone: () => void,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const pool = createTaskPool(REVIEW_LIMITS.concurrency);
  for (const [index, item] of items.entries())
    await pool.start(async () => {
      results[index] = await operation(item);
      onDone();
    });
  await pool.finish();
  return results;
}

/**
 * Reviews all subjects concurrently, and returns the results in order.
 * @param onReviewed called with the number of subjects reviewed so far
 */
export function judgeSubjects(
  assess: AssessPod,
  subjects: readonly Subject[],
  onReviewed: (count: number) => void = () => {},
): Promise<readonly (LeftReview | DecidedReview)[]> {
  let count = 0;
  const review = (subject: Subject) => judgeSubject(assess, subject);
  return runConcurrently(subjects, review, () => onReviewed((count += 1)));
}

/**
 * Gives a Pod without pull secrets those of its service account, as the API server's ServiceAccount admission does before it
 * calls the webhook. They decide which images can be read.
 */
export function withAccountSecrets(assess: AssessPod, accounts: ServiceAccountsPort): AssessPod {
  return async (request) => {
    const { pod, subject, namespace, deadline } = request;
    if (subject !== 'pod' || (pod.spec.imagePullSecrets ?? []).length > 0) return assess(request);
    const secrets = await accounts.pullSecrets(namespace, serviceAccountOf(pod), deadline.signal());
    if (secrets.length === 0) return assess(request);
    const spec = { ...pod.spec, imagePullSecrets: secrets.map((secret) => ({ name: secret })) };
    return assess({ ...request, pod: { ...pod, spec } });
  };
}
