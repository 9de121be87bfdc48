import type { AssessPod } from '../assess/assessment.ts';
import { reportVerdict } from '../assess/inspect/image-report.ts';
import type { UnreadFact } from '../assess/ports.ts';
import { child, property, type JsonObject } from '../lib/json.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { MIRROR_ANNOTATION } from '../pod/names.ts';
import type { ClusterView } from '../policy/facts.ts';
import type { PolicySettings } from '../policy/settings.ts';
import { assembleReport, createImageList } from './assemble-report.ts';
import type {
  AuditedCluster,
  AuditedWorkload,
  AuditReport,
  AuditScope,
  AuditSubject,
} from './audit-report.ts';
import { createRow, judgedAs, reportRow, type AuditRow } from './audit-rows.ts';
import { isLink, isWorkload, LISTED_KINDS, ownersFirst, POD } from './audited-kinds.ts';
import type { ClassUse } from './class-capability.ts';
import { clusterCapabilities } from './cluster-capabilities.ts';
import { judgeSubject, REVIEW_LIMITS, type Reviewed } from './judge-subjects.ts';
import { createClusterLists, type ClusterLists, type Listed } from './list-cluster.ts';
import { controllerOf, createOwnerIndex, groupKindOf, subjectOf } from './owner-index.ts';
import type { ObjectsPort, ServedKind } from './ports.ts';
import type { Knowledge } from './report-item.ts';
import { subjectFrom, type Subject } from './subject.ts';

export interface AuditDeps extends Knowledge {
  readonly assess: AssessPod;
  readonly objects: ObjectsPort;
  readonly server: AuditedCluster;
  /** What the cluster can run. */
  readonly view: () => ClusterView;
  readonly policy: PolicySettings;
  readonly configuration: string;
  /** Returns the facts about the cluster that could not be read so far. */
  readonly unread: () => readonly UnreadFact[];
}

export interface AuditOptions {
  readonly scope: AuditScope;
  /** The namespace to audit if the user may not list namespaces. */
  readonly ownNamespace: string;
  readonly now: Date;
  /** Ends the audit; the report then holds what was judged. */
  readonly signal: AbortSignal;
}

/** Pods that have finished need nothing. */
const UNFINISHED = 'status.phase!=Succeeded,status.phase!=Failed';

/** Reads an object as the webhook would see it if it were created now. */
function subjectToJudge(object: JsonObject): Subject | null {
  const { namespace, name, kind } = subjectOf(object);
  const source = { file: '', document: 0, line: null, origin: null, kind, namespace, name };
  const { group } = groupKindOf(subjectOf(object));
  const creation = { operation: 'CREATE', subResource: '', object, oldObject: null };
  const subject = subjectFrom(
    { source, object, uid: null },
    { ...creation, kind: { group, kind, version: '' } },
  );
  if (subject?.kind !== 'assessable' || subject.request.subject !== 'template') return subject;
  // Its controller, if it has one, is not listed: the row stands for both.
  return { ...subject, request: { ...subject.request, isControlled: false } };
}

function isMirror(pod: JsonObject): boolean {
  return property(child(child(pod, 'metadata'), 'annotations'), MIRROR_ANNOTATION) !== undefined;
}

/** Runs tasks concurrently, up to a limit. */
function createPool(limit: number, signal: AbortSignal) {
  const running = new Set<Promise<void>>();
  const wait = (work: Promise<unknown>): Promise<unknown> =>
    raceAbort(work, signal, () => {
      throw signal.reason as Error;
    });
  return {
    /** Resolves once the task has a slot. */
    start: async (task: () => Promise<void>): Promise<void> => {
      while (running.size >= limit) await wait(Promise.race(running));
      const work = task();
      running.add(work);
      void work.finally(() => running.delete(work)).catch(() => undefined);
    },
    finish: (): Promise<unknown> => wait(Promise.all(running)),
  };
}

/** Returns the images of a review, each once, with why they are unknown. */
function imagesOf(review: Reviewed) {
  if (review.kind !== 'decided') return [];
  const images = review.assessment.containers.map(({ image, verdict }) => {
    const { detail, advice } = verdict.kind === 'unknown' ? verdict : { detail: null, advice: null };
    return [image, { verdict: reportVerdict(verdict), detail, advice }] as const;
  });
  return [...new Map(images)];
}

/** Collects rows: one for each workload that nothing listed owns. */
function createRows(deps: AuditDeps, signal: AbortSignal) {
  const rows = new Set<AuditRow>();
  const index = createOwnerIndex<AuditRow>();
  const images = createImageList();
  const pool = createPool(REVIEW_LIMITS.concurrency, signal);
  let skippedPods = 0;

  function rowOf(subject: AuditSubject, isSelected: boolean): AuditRow {
    const known = index.find(subject);
    if (known !== undefined) return known;
    const row = createRow(subject, isSelected);
    rows.add(row);
    index.add(subject, row);
    return row;
  }

  async function judge(row: AuditRow, object: JsonObject): Promise<void> {
    const subject = subjectToJudge(object);
    if (subject === null) return;
    const review = await judgeSubject(deps.assess, subject);
    if (signal.aborted) return;
    row.judged = judgedAs(review, deps);
    for (const [image, facts] of imagesOf(review)) images.add(image, facts);
  }

  async function start(row: AuditRow, object: JsonObject): Promise<void> {
    if (row.isSelected) await pool.start(() => judge(row, object));
  }

  return {
    /** Adds a workload to the row of its owner, or gives it one. */
    addWorkload: async (kind: ServedKind, { object, isSelected }: Listed): Promise<void> => {
      const subject = subjectOf(object);
      const controller = controllerOf(object);
      const known = controller === null ? undefined : index.find(controller);
      if (known !== undefined) index.add(subject, known);
      else if (controller !== null && isWorkload(groupKindOf(controller)))
        index.add(subject, rowOf(controller, isSelected));
      else if (!isLink(kind)) await start(rowOf(subject, isSelected), object);
    },
    addPod: async ({ object, isSelected }: Listed): Promise<void> => {
      if (isMirror(object)) {
        skippedPods += 1;
        return;
      }
      const subject = subjectOf(object);
      const controller = controllerOf(object);
      const row = rowOf(controller ?? subject, isSelected);
      row.running += 1;
      if (row.judged === null) await start(row, object);
    },
    finish: pool.finish,
    workloads: () => [...rows].flatMap(reportRow),
    images: images.all,
    skippedPods: () => skippedPods,
  };
}

/** Describes what the cluster can run; classes without a user are known only if all workloads are. */
function capabilitiesOf(
  { view, policy, unread }: AuditDeps,
  { workloads, scope, isComplete }: Pick<AuditReport, 'workloads' | 'scope' | 'isComplete'>,
): AuditReport['capabilities'] {
  const isWhole = isComplete && scope.namespace === null && scope.selector === '';
  const isKnown = (fact: UnreadFact['fact']): boolean => !unread().some((one) => one.fact === fact);
  return clusterCapabilities({
    cluster: view(),
    settings: policy,
    use: isWhole ? countUse(workloads) : null,
    isKnown: { classes: isKnown('runtime-classes'), nodes: isKnown('nodes') },
  });
}

const UNUSED: ClassUse = { named: 0, chosen: 0 };

function countUse(workloads: readonly AuditedWorkload[]): ReadonlyMap<string, ClassUse> {
  const use = new Map<string, ClassUse>();
  for (const { runtimeClass } of workloads) {
    if (runtimeClass === null) continue;
    const { name, origin } = runtimeClass;
    const { named, chosen } = use.get(name) ?? UNUSED;
    use.set(name, origin === 'chosen' ? { named, chosen: chosen + 1 } : { named: named + 1, chosen });
  }
  return use;
}

interface Collected {
  readonly rows: ReturnType<typeof createRows>;
  readonly lists: ClusterLists;
}

/** Lists and judges everything. */
async function collect({ rows, lists }: Collected, kinds: readonly ServedKind[]): Promise<void> {
  for (const kind of ownersFirst(kinds))
    for await (const listed of lists.objects(kind)) await rows.addWorkload(kind, listed);
  for await (const listed of lists.objects(POD, UNFINISHED)) await rows.addPod(listed);
  await rows.finish();
}

/**
 * Audits a cluster: judges each workload's template, and counts its Pods.
 * @throws AppError if the API server cannot be asked what it serves
 */
export async function runAudit(deps: AuditDeps, options: AuditOptions): Promise<AuditReport> {
  const { scope, ownNamespace, signal, now } = options;
  const { objects, server: cluster, configuration } = deps;
  const lists = createClusterLists({ objects, scope, ownNamespace, signal });
  const rows = createRows(deps, signal);
  try {
    await collect({ rows, lists }, await objects.findServed(LISTED_KINDS, signal));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const failed = lists.unreadable();
  const facts = deps.unread().map(({ what, message }) => ({ what, message }));
  const [workloads, images] = [rows.workloads(), rows.images()];
  const covered = { workloads, scope, isComplete: failed.length === 0 && !signal.aborted };
  return assembleReport(
    {
      takenAt: now.toISOString(),
      cluster,
      configuration,
      ...covered,
      isInterrupted: signal.aborted,
      images,
      capabilities: capabilitiesOf(deps, covered),
      unreadable: [...failed, ...facts],
    },
    rows.skippedPods(),
  );
}
