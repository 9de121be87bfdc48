import type { PatchOperation } from '../../admission/json-patch.ts';
import type { ReportedVerdict } from '../../assess/inspect/image-report.ts';
import type { Action, ClassOrigin } from '../../policy/decision.ts';
import type { FindingId, Severity } from '../../policy/finding-catalog.ts';
import type { Mode } from '../../policy/mode.ts';
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts';

/**
 * What `-o json` writes. Programs read it: fields are added, never renamed or removed.
 *
 * `admitted`: as it is · `changed`: admitted with changes; for a workload, its Pods · `refused`: it, or for a workload that no
 * controller wrote, its Pods · `skipped`: not judged · `undecided`: what would happen hangs on something that is not known,
 * such as an image whose registry did not answer, or it cannot be read.
 */
export const OUTCOMES = ['admitted', 'changed', 'refused', 'skipped', 'undecided'] as const;
export type ReviewOutcome = (typeof OUTCOMES)[number];

/**
 * Who is refused: the object itself, or only the Pods that a workload would make, while it is let in with warnings
 * (`policy.refuseTemplates`).
 */
export type Refused = 'object' | 'pods';

/** What is not known, and would decide: images, which RuntimeClasses there are, or what a broken manifest means. */
export type OpenMatter = 'images' | 'runtime-classes' | 'manifest';

export interface Source {
  readonly file: string;
  /** Counted from 1. */
  readonly document: number;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface ReportedChange {
  /** As kubectl writes it: `spec.containers[0].resources.limits.memory`. */
  readonly field: string;
  readonly value: unknown;
  readonly reason: string;
}

export interface ReportedFinding {
  readonly id: FindingId;
  readonly severity: Severity;
  readonly action: Action;
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
  /** Null where the Pod names a class that is not there (origin `none`), or no class at all is known here (`pod`). */
  readonly handler: string | null;
  readonly origin: ClassOrigin;
}

export interface ReportItem {
  readonly source: Source;
  readonly outcome: ReviewOutcome;
  /** Null where nothing is. */
  readonly refuses: Refused | null;
  /** Of an outcome that is undecided; else empty. */
  readonly hangsOn: readonly OpenMatter[];
  /** Null where nothing was judged. */
  readonly mode: Mode | null;
  readonly runtimeClass: ReportedClass | null;
  /** Made, or in mode audit what would be made. */
  readonly changes: readonly ReportedChange[];
  /** RFC 6902 against the reviewed object, for what is made. */
  readonly patch: readonly PatchOperation[];
  readonly findings: readonly ReportedFinding[];
  readonly images: readonly ReportedImage[];
}

export type Summary = Readonly<Record<ReviewOutcome, number>> & {
  readonly reviewed: number;
  /** Documents with nothing to review in them. */
  readonly passedOver: number;
  /** Documents that could not be read. */
  readonly errors: number;
};

/** A document, or an item of its list, with nothing to review in it. */
export interface PassedOver {
  readonly file: string;
  readonly document: number;
  /** Empty where it is no Kubernetes object. */
  readonly kind: string;
  readonly name: string;
}

/** A document that is no YAML, or a file that cannot be read: it is not reviewed. */
export interface Unreadable {
  readonly file: string;
  /** Null where it is the whole file, as is the line. */
  readonly document: number | null;
  /** Of the file, where the first thing is wrong. */
  readonly line: number | null;
  readonly message: string;
}

export interface Report {
  readonly items: readonly ReportItem[];
  readonly passedOver: readonly PassedOver[];
  readonly errors: readonly Unreadable[];
  readonly summary: Summary;
}

/** What was found beside objects to review. */
export type BesideItems = Pick<Report, 'passedOver' | 'errors'>;

export function reportOf(items: readonly ReportItem[], { passedOver, errors }: BesideItems): Report {
  const counts = { admitted: 0, changed: 0, refused: 0, skipped: 0, undecided: 0 };
  for (const { outcome } of items) counts[outcome] += 1;
  const beside = { passedOver: passedOver.length, errors: errors.length };
  return { items, passedOver, errors, summary: { reviewed: items.length, ...counts, ...beside } };
}

export function exitCodeOf({ refused, undecided }: Summary): ExitCode {
  if (refused > 0) return EXIT_CODES.failed;
  return undecided > 0 ? EXIT_CODES.undecided : EXIT_CODES.ok;
}
