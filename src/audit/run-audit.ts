import type { AssessPod } from '../assess/assessment.ts';
import type { UnreadFact } from '../assess/ports.ts';
import { createTaskPool } from '../lib/task-pool.ts';
import type { ClusterView } from '../policy/facts.ts';
import type { PolicySettings } from '../policy/settings.ts';
import { assembleReport } from './assemble-report.ts';
import type { AuditedCluster, AuditReport, AuditScope } from './audit-report.ts';
import { createAuditRows, type AuditRows, type RowDeps } from './audit-rows.ts';
import { LISTED_KINDS, ownersFirst, POD } from './audited-kinds.ts';
import { countClassUse } from './capabilities/class-use.ts';
import { clusterCapabilities } from './capabilities/cluster-capabilities.ts';
import { REVIEW_LIMITS } from './judge-subjects.ts';
import { createClusterLists, type ClusterLists } from './list-cluster.ts';
import type { ObjectsPort, ServedKind } from './ports.ts';
import type { Knowledge } from './report-review.ts';

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

export interface AuditProgress {
  /** The plural of the kind that is being listed. */
  readonly listing: string;
  /** Workloads found so far. */
  readonly workloads: number;
  readonly pods: number;
}

export interface AuditOptions {
  readonly scope: AuditScope;
  /** The namespace to audit if the user may not list namespaces. */
  readonly ownNamespace: string;
  readonly now: Date;
  readonly onProgress?: (progress: AuditProgress) => void;
  /** Ends the audit; the report then holds what was judged. */
  readonly signal: AbortSignal;
}

/** Pods that have finished need nothing. */
const UNFINISHED = 'status.phase!=Succeeded,status.phase!=Failed';

/** Describes what the cluster can run; classes without a user are known only if all workloads are. */
function capabilitiesOf(
  { view, policy, unread }: AuditDeps,
  { workloads, scope, isComplete }: Pick<AuditReport, 'workloads' | 'scope' | 'isComplete'>,
  rows: AuditRows,
): AuditReport['capabilities'] {
  const isWhole = isComplete && scope.namespace === null && scope.selector === '';
  const isKnown = (fact: UnreadFact['fact']): boolean => !unread().some((one) => one.fact === fact);
  // Without these, the webhook may choose other classes.
  const isChoiceKnown = isKnown('nodes') && isKnown('configuration');
  return clusterCapabilities({
    cluster: view(),
    settings: policy,
    use: isWhole && isChoiceKnown ? countClassUse(workloads, rows.unjudgedUse()) : null,
    isKnown: { classes: isKnown('runtime-classes'), nodes: isKnown('nodes') },
  });
}

interface Collected {
  readonly rows: AuditRows;
  readonly lists: ClusterLists;
}

/** Lists and judges everything. */
async function collect(
  { rows, lists }: Collected,
  kinds: readonly ServedKind[],
  { onProgress }: Pick<AuditOptions, 'onProgress'>,
): Promise<void> {
  const report = ({ resource }: ServedKind): void => onProgress?.({ listing: resource, ...rows.counts() });
  for (const kind of ownersFirst(kinds))
    for await (const listed of lists.objects(kind)) {
      await rows.addWorkload(kind, listed);
      report(kind);
    }
  for await (const listed of lists.objects(POD, UNFINISHED)) {
    await rows.addPod(listed);
    report(POD);
  }
}

/**
 * Audits a cluster: judges each workload's template, and counts its Pods.
 * @throws AppError if the API server cannot be asked what it serves, or if the namespace or the selector is invalid
 */
export async function runAudit(deps: AuditDeps, options: AuditOptions): Promise<AuditReport> {
  const { scope, ownNamespace, signal, now } = options;
  const { objects, server: cluster, configuration } = deps;
  const lists = createClusterLists({ objects, scope, ownNamespace, signal });
  // No page of objects waits for the slowest image of the one before.
  const pool = createTaskPool(REVIEW_LIMITS.concurrency, signal);
  let served: readonly ServedKind[] = [];
  const isServed: RowDeps['isServed'] = ({ group, kind }) =>
    served.some((one) => one.group === group && one.kind === kind);
  const rows = createAuditRows({ ...deps, start: pool.start, isServed, now: now.getTime() });
  try {
    served = await objects.findServed(LISTED_KINDS, signal);
    await collect({ rows, lists }, served, options);
    await pool.finish();
    if (rows.counts().workloads + rows.counts().pods === 0) await lists.checkNamespace();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const failed = lists.unreadable();
  const facts = deps.unread().map(({ what, message, advice }) => ({ what, kinds: [], message, advice }));
  const workloads = rows.workloads();
  const covered = { workloads, scope, isComplete: failed.length === 0 && !signal.aborted };
  return assembleReport(
    {
      takenAt: now.toISOString(),
      cluster,
      configuration,
      ...covered,
      isInterrupted: signal.aborted,
      images: rows.images(workloads),
      capabilities: capabilitiesOf(deps, covered, rows),
      unreadable: [...failed, ...facts],
    },
    rows.skippedPods(),
  );
}
