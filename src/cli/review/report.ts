import type { UnreadFact } from '../../assess/ports.ts';
import { FROM_CLUSTER, type ReportedItem, type ReviewOutcome } from '../../audit/reported-item.ts';
import type { Source } from '../../audit/subject.ts';

export const REVIEW_OUTPUTS = [
  'table',
  'json',
  'yaml',
  'diff',
  'patch',
  'admissionreview',
  'sarif',
  'github',
] as const;
export type ReviewOutput = (typeof REVIEW_OUTPUTS)[number];

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
  readonly items: readonly ReportedItem[];
  readonly passedOver: readonly PassedOver[];
  readonly errors: readonly Unreadable[];
  /** The configuration that was used, in one line for people. */
  readonly configuration: string;
  /** Facts about the cluster that could not be read, with the missing right in their advice. */
  readonly unreadable: readonly UnreadFact[];
  readonly summary: Summary;
}

export function createReport(
  items: readonly ReportedItem[],
  found: Omit<Report, 'items' | 'summary'>,
): Report {
  const counts = { admitted: 0, changed: 0, refused: 0, skipped: 0, undecided: 0 };
  for (const { outcome } of items) counts[outcome] += 1;
  const unreviewed = { passedOver: found.passedOver.length, errors: found.errors.length };
  return { items, ...found, summary: { reviewed: items.length, ...counts, ...unreviewed } };
}

/** Returns `Pod default/web`, or only the kind of an object without a name, such as a response to a review. */
export function describeObject({
  kind,
  namespace,
  name,
}: Pick<Source, 'kind' | 'namespace' | 'name'>): string {
  const path = namespace === '' ? name : `${namespace}/${name}`;
  return path === '' ? kind : `${kind} ${path}`;
}

/** Returns `-, document 3, from web/templates/deployment.yaml`. */
export function describePlace({
  file,
  document,
  origin = null,
}: Pick<Source, 'file' | 'document'> & Partial<Pick<Source, 'origin'>>): string {
  if (file === FROM_CLUSTER) return 'from the cluster';
  return `${file}, document ${document}${origin === null ? '' : `, from ${origin.path}`}`;
}
