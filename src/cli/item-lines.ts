import {
  OPEN_MATTERS,
  OUTCOMES,
  type OpenMatter,
  type ReportedFinding,
  type ReportedItem,
  type ReviewOutcome,
} from '../audit/reported-item.ts';
import type { Severity } from '../policy/finding-catalog.ts';
import { wrap, wrapAdvice, type Page, type Style } from './page.ts';

/** The word for an outcome in text: the key `refused` is older than the word "denied". */
const OUTCOME_LABELS = {
  admitted: ['admitted', 'green'],
  changed: ['changed', 'green'],
  refused: ['denied', 'red'],
  skipped: ['skipped', 'dim'],
  undecided: ['undecided', 'yellow'],
} as const satisfies Readonly<Record<ReviewOutcome, readonly [label: string, style: Style]>>;

export const SEVERITY_STYLES: Readonly<Record<Severity, Style>> = {
  error: 'red',
  warning: 'yellow',
  info: 'cyan',
};

/** Pods that exist are not denied. */
const FAILING = ['failing', 'red'] as const;

export function labelOf({ outcome, refuses }: Pick<ReportedItem, 'outcome' | 'refuses'>) {
  return outcome === 'refused' && refuses === null ? FAILING : OUTCOME_LABELS[outcome];
}

/** `1 lacks what it needs`, `12 lack what they need` */
export function lackWords(pods: number): string {
  return `${pods.toLocaleString('en')} ${pods === 1 ? 'lacks what it needs' : 'lack what they need'}`;
}

/** Explains a workload that is admitted although its Pods are not; null for any other object. */
export function describeDeniedPods(
  { refuses, outcome }: Pick<ReportedItem, 'outcome' | 'refuses'>,
  kind: string,
): string | null {
  if (refuses !== 'pods') return null;
  return outcome === 'refused'
    ? `wasmgate would admit the ${kind} with warnings, and deny its Pods`
    : `wasmgate would deny its Pods; a controller created this ${kind}, so fix the object that it belongs to`;
}

/**
 * Describes which facts about the cluster an undecided object depends on; null if none.
 * @param unread the facts to name
 */
export function describeOpenFacts(
  { hangsOn }: Pick<ReportedItem, 'hangsOn'>,
  unread: Iterable<OpenMatter>,
): string | null {
  const names = [...new Set(unread)]
    .filter((fact) => hangsOn.includes(fact))
    .map((fact) => OPEN_MATTERS[fact]);
  return names.length === 0 ? null : `depends on ${names.join(' and ')}, which could not be read`;
}

/** Returns `3 denied`, `1 undecided` …: counts items by the words of their lines. */
export function outcomeCounts(items: readonly Parameters<typeof labelOf>[0][]): readonly string[] {
  const groups = Map.groupBy(items, (item) => labelOf(item)[0]);
  return [...OUTCOMES.map((outcome) => OUTCOME_LABELS[outcome]), FAILING].flatMap(([label]) => {
    const count = groups.get(label)?.length ?? 0;
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${label}`];
  });
}

/** The longest label ("would set") and a space. */
const LABEL_WIDTH = 10;
const INDENT = ' '.repeat(LABEL_WIDTH + 2);

/** Below this, sentences start further left. */
const COLUMNS_FOR_INDENT = 60;

function indentBelow({ columns }: Page): string {
  return columns < COLUMNS_FOR_INDENT ? '    ' : INDENT;
}

/** Renders a sentence below a row. */
export function below(page: Page, text: string, indent = ''): string {
  return wrap(text, page.columns, indentBelow(page) + indent);
}

/** Renders what to do, below a row. */
function fixBelow(page: Page, advice: string): string {
  return wrapAdvice(`Fix: ${advice}`, page.columns, indentBelow(page));
}

/** Renders a label and, beside it, values that may wrap. */
export function row({ width, paint }: Page, label: string, cell: { text: string; style?: Style }): string {
  const text = wrap(cell.text, width, INDENT).trimStart();
  return `  ${paint(cell.style ?? 'dim', label.padEnd(LABEL_WIDTH))}${text}`;
}

/** Renders prose beside the label of notes. */
export function noteLine(page: Page, text: string): string {
  return row({ ...page, width: page.columns }, 'note', { text, style: 'yellow' });
}

/** Renders the outcome of an object, and what it is. */
export function titleLine(
  { width, paint }: Page,
  item: Pick<ReportedItem, 'outcome' | 'refuses'>,
  title: string,
): string {
  const [label, style] = labelOf(item);
  return paint(['bold', style], label.padEnd(INDENT.length)) + wrap(title, width, INDENT).trimStart();
}

export function findingLines(page: Page, finding: ReportedFinding): readonly string[] {
  const { severity, id, container, message, advice, action } = finding;
  const excepted = action === 'excepted' ? ', excepted in this namespace' : '';
  const where = `${container === null ? '' : `, container "${container}"`}${excepted}`;
  return [
    row(page, severity, { text: `${id}${where}`, style: SEVERITY_STYLES[severity] }),
    below(page, message),
    ...(advice === '' ? [] : [fixBelow(page, advice)]),
  ];
}
