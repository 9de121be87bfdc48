import type { PatchOperation } from '../../admission/json-patch.ts';
import type { ReportedVerdict } from '../../assess/inspect/image-report.ts';
import type { AppliedAction, ClassOrigin } from '../../policy/decision.ts';
import type { FindingId, Severity } from '../../policy/finding-catalog.ts';
import type { Mode } from '../../policy/mode.ts';
import { EXIT_CODES, type ExitCode } from '../command.ts';

export const REVIEW_OUTPUTS = ['table', 'json', 'yaml', 'diff', 'patch', 'admissionreview'] as const;
export type ReviewOutput = (typeof REVIEW_OUTPUTS)[number];

/**
 * Outcomes in the report, which is the format of `-o json`. Programs read it: add fields, but never rename or remove one.
 *
 * - `admitted`: unchanged
 * - `changed`: admitted with changes; for a workload, its Pods are
 * - `refused`: denied; for a workload that no controller wrote, its Pods are
 * - `skipped`: not assessed
 * - `undecided`: depends on something unknown, such as an image whose registry did not answer, or the manifest is invalid
 */
export const OUTCOMES = ['admitted', 'changed', 'refused', 'skipped', 'undecided'] as const;
export type ReviewOutcome = (typeof OUTCOMES)[number];

/** What is denied: the object, or only the Pods of a workload that is itself admitted (`policy.refuseTemplates`). */
export type Refused = 'object' | 'pods';

/** The unknown that would decide: images, the existing RuntimeClasses, or the meaning of an invalid manifest. */
export type OpenMatter = 'images' | 'runtime-classes' | 'manifest';

export interface Source {
  readonly file: string;
  /** Starts at 1. */
  readonly document: number;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

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

export interface ReportItem {
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
  readonly findings: readonly ReportedFinding[];
  readonly images: readonly ReportedImage[];
}

export type Summary = Readonly<Record<ReviewOutcome, number>> & {
  readonly reviewed: number;
  /** Documents with nothing to review. */
  readonly passedOver: number;
  /** Documents that cannot be read. */
  readonly errors: number;
};

/** A document, or an item of its list, with nothing to review. */
export interface PassedOver {
  readonly file: string;
  readonly document: number;
  /** Empty if it is no Kubernetes object. */
  readonly kind: string;
  readonly name: string;
}

/** A document that is no YAML, or an unreadable file. */
export interface Unreadable {
  readonly file: string;
  /** Null for the whole file. */
  readonly document: number | null;
  /** Line of the first problem; null for the whole file. */
  readonly line: number | null;
  readonly message: string;
}

export interface Report {
  readonly items: readonly ReportItem[];
  readonly passedOver: readonly PassedOver[];
  readonly errors: readonly Unreadable[];
  readonly summary: Summary;
}

export function createReport(
  items: readonly ReportItem[],
  { passedOver, errors }: Pick<Report, 'passedOver' | 'errors'>,
): Report {
  const counts = { admitted: 0, changed: 0, refused: 0, skipped: 0, undecided: 0 };
  for (const { outcome } of items) counts[outcome] += 1;
  const unreviewed = { passedOver: passedOver.length, errors: errors.length };
  return { items, passedOver, errors, summary: { reviewed: items.length, ...counts, ...unreviewed } };
}

export function exitCodeOf({ refused, undecided }: Summary): ExitCode {
  if (refused > 0) return EXIT_CODES.failed;
  return undecided > 0 ? EXIT_CODES.undecided : EXIT_CODES.ok;
}

/** Returns `Pod default/web`, or only the kind of an object without a name, such as a response to a review. */
export function describeObject({ kind, namespace, name }: Omit<Source, 'file' | 'document'>): string {
  const path = namespace === '' ? name : `${namespace}/${name}`;
  return path === '' ? kind : `${kind} ${path}`;
}

export function describePlace({ file, document }: Pick<Source, 'file' | 'document'>): string {
  return `${file}, document ${document}`;
}
