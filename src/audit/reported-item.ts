import type { PatchOperation } from '../admission/json-patch.ts';
import type { ReportedVerdict } from '../assess/inspect/image-report.ts';
import type { ClusterFact } from '../assess/ports.ts';
import type { AppliedAction, ClassOrigin } from '../policy/decision.ts';
import type { FindingId, Severity } from '../policy/finding-catalog.ts';
import type { Mode } from '../policy/mode.ts';
import type { Source } from './subject.ts';

/** Stands for the file of an object that was read from the cluster. */
export const FROM_CLUSTER = '';

/**
 * Outcomes in the report, which is the format of `-o json`. Programs read it: add fields, but never rename or remove one.
 *
 * - `admitted`: unchanged
 * - `changed`: admitted with changes; for a workload, its Pods are
 * - `refused`: denied; for a workload that no controller wrote, its Pods are. Also if Pods that exist lack what they need
 * - `skipped`: not assessed
 * - `undecided`: depends on something unknown, such as an image whose registry did not answer, or the manifest is invalid
 */
export const OUTCOMES = ['admitted', 'changed', 'refused', 'skipped', 'undecided'] as const;
export type ReviewOutcome = (typeof OUTCOMES)[number];

/** The gravest first. */
export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'info'];

/** What is denied: the object, or only the Pods of a workload that is itself admitted (`policy.refuseTemplates`). */
export type Refused = 'object' | 'pods';

/** The unknown that would decide: images, facts about the cluster, or the meaning of an invalid manifest. */
export type OpenMatter = 'images' | 'manifest' | ClusterFact;

/** How texts name what an undecided object depends on. */
export const OPEN_MATTERS: Readonly<Record<OpenMatter, string>> = {
  images: 'its images',
  manifest: 'the meaning of an invalid object',
  configuration: 'the configuration of wasmgate',
  'runtime-classes': 'the RuntimeClasses',
  nodes: 'the nodes',
  namespaces: 'the labels of its namespace',
  'limit-ranges': 'the LimitRanges of its namespace',
  'service-accounts': 'its ServiceAccount',
  'pull-secrets': 'its pull secrets',
};

export interface ReportedChange {
  /** In kubectl's notation: `spec.containers[0].resources.limits.memory`. */
  readonly field: string;
  readonly value: unknown;
  readonly reason: string;
}

export interface ReportedFinding {
  readonly id: FindingId;
  readonly severity: Severity;
  readonly action: AppliedAction;
  /** Null for the whole Pod. */
  readonly container: string | null;
  readonly message: string;
  readonly advice: string;
  /** True if it depends on an image or a fact about the cluster that could not be read; otherwise absent. */
  readonly isDoubtful?: boolean;
  /** Absent in a review of objects that were not applied yet. */
  readonly concerns?: 'new-pods' | 'running-pods';
  /** The Pods that exist and have it; absent or null for new Pods. */
  readonly pods?: number | null;
}

export interface ReportedImage {
  readonly container: string;
  readonly image: string;
  readonly verdict: ReportedVerdict;
}

export interface ReportedClass {
  readonly name: string;
  /** Null if the class does not exist (origin `none`), or if no classes are known (origin `pod`). */
  readonly handler: string | null;
  readonly origin: ClassOrigin;
}

/** Pods that exist. */
export interface AuditedPods {
  /** Pods that have not finished. */
  readonly running: number;
  /** Those of them that lack what they need. */
  readonly failing: number;
  /** Names of some failing Pods. */
  readonly examples: readonly string[];
}

export interface ReportedItem {
  readonly source: Source;
  readonly outcome: ReviewOutcome;
  /** Null if nothing is denied. */
  readonly refuses: Refused | null;
  /** Empty unless the outcome is `undecided`. */
  readonly hangsOn: readonly OpenMatter[];
  /** Null if nothing was assessed. */
  readonly mode: Mode | null;
  readonly runtimeClass: ReportedClass | null;
  /** The changes made or, in mode audit, those that would be made. */
  readonly changes: readonly ReportedChange[];
  /** RFC 6902 patch against the reviewed object, for the changes made. */
  readonly patch: readonly PatchOperation[];
  /** Those about Pods that exist come last, and have `concerns: running-pods`. */
  readonly findings: readonly ReportedFinding[];
  readonly images: readonly ReportedImage[];
  /** The Pods that exist; absent if the input had none of them. */
  readonly pods?: AuditedPods;
}
