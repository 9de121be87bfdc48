import type { ReportedVerdict } from '../../assess/inspect/image-report.ts';
import type { Severity } from '../../policy/finding-catalog.ts';
import type { Page, Style } from '../page.ts';
import { wrap } from '../text.ts';
import { describeObject, describePlace } from './describe-source.ts';
import {
  OUTCOMES,
  type ReportedFinding,
  type ReportItem,
  type ReviewOutcome,
  type Summary,
} from './report.ts';
import type { UnknownImage } from './unknown-images.ts';

const OUTCOME_STYLES = {
  admitted: 'green',
  changed: 'green',
  refused: 'red',
  skipped: 'dim',
  undecided: 'yellow',
} as const satisfies Readonly<Record<ReviewOutcome, Style>>;

const SEVERITY_STYLES: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', info: 'cyan' };

/** Longest of the words that stand in it ("would set"), and a space. */
const LABEL_WIDTH = 10;
const INDENT = ' '.repeat(LABEL_WIDTH + 2);

/** A word in the left column and a text of several lines beside it. */
function row({ columns, paint }: Page, label: string, look: { text: string; style?: Style }): string {
  const text = wrap(look.text, columns, INDENT).trimStart();
  return `  ${paint(look.style ?? 'dim', label.padEnd(LABEL_WIDTH))}${text}`;
}

/** The following lines of a row. */
function more({ columns }: Page, text: string): string {
  return wrap(text, columns, INDENT);
}

function describeVerdict({ kind, flavour, reason }: ReportedVerdict): string {
  const detail = flavour ?? reason;
  return detail === null ? kind : `${kind} (${detail})`;
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function findingLines(page: Page, finding: ReportedFinding): readonly string[] {
  const { severity, id, container, message, advice } = finding;
  const where = container === null ? '' : `, container "${container}"`;
  return [
    row(page, severity, { text: `${id}${where}`, style: SEVERITY_STYLES[severity] }),
    more(page, message),
    ...(advice === '' ? [] : [more(page, `To fix: ${advice}`)]),
  ];
}

function classLine(page: Page, { runtimeClass, hangsOn }: ReportItem): readonly string[] {
  if (runtimeClass === null) {
    const isOpen = hangsOn.includes('runtime-classes');
    return isOpen ? [row(page, 'class', { text: 'none is known here; name the classes with --facts' })] : [];
  }
  const { name, handler, origin } = runtimeClass;
  if (handler === null && origin === 'pod')
    return [row(page, 'class', { text: `${name} (not known here; name the classes with --facts)` })];
  const how = { pod: 'named by the Pod', chosen: 'chosen', none: 'named by the Pod' }[origin];
  const what = handler === null ? 'there is no such class' : `handler ${handler}`;
  return [row(page, 'class', { text: `${name} (${what}; ${how})` })];
}

/** Of a workload that is let in although its Pods are not. */
function refusalLines(page: Page, { refuses, outcome, source }: ReportItem): readonly string[] {
  if (refuses !== 'pods') return [];
  const { kind } = source;
  const text =
    outcome === 'refused'
      ? `its Pods would be refused; the ${kind} itself is let in, with warnings`
      : `its Pods would be refused; a controller wrote this ${kind}, so mend what it comes from`;
  return [row(page, 'note', { text, style: 'yellow' })];
}

function changeLines(page: Page, { changes, patch }: ReportItem): readonly string[] {
  const label = patch.length > 0 ? 'set' : 'would set';
  return changes.flatMap(({ field, value, reason }, index) => [
    row(page, index === 0 ? label : '', { text: `${field}: ${valueText(value)}` }),
    ...wrap(`(${reason})`, page.columns, `${INDENT}  `)
      .split('\n')
      .map((line) => page.paint('dim', line)),
  ]);
}

function imageLines(page: Page, { images }: ReportItem): readonly string[] {
  return images.map(({ container, image, verdict }, index) =>
    row(page, index === 0 ? 'images' : '', {
      text: `${container}: ${image === '' ? 'names no image' : `${image}, ${describeVerdict(verdict)}`}`,
    }),
  );
}

function isPlain({ outcome, findings, images }: ReportItem): boolean {
  return (
    outcome === 'admitted' &&
    findings.length === 0 &&
    images.every(({ verdict }) => verdict.kind === 'container')
  );
}

/** What is told of an object beside its report. */
export interface Beside {
  readonly remarks: readonly string[];
  readonly questions: readonly UnknownImage[];
}

function notesOf({ remarks, questions }: Beside): readonly string[] {
  const untold = questions.filter(({ isFound }) => !isFound);
  return [...remarks, ...untold.map(({ container, detail }) => `container "${container}": ${detail}`)];
}

/** One object: a line where there is nothing to say, else a line for each thing. */
export function renderItem(page: Page, item: ReportItem, beside: Beside): string {
  const { outcome, source, mode } = item;
  const inMode = mode === null || mode === 'enforce' ? '' : `, mode ${mode}`;
  const title = `${describeObject(source)} (${describePlace(source)}${inMode})`;
  const lines = [
    page.paint(['bold', OUTCOME_STYLES[outcome]], outcome.padEnd(LABEL_WIDTH + 2)) +
      wrap(title, page.columns, INDENT).trimStart(),
    ...refusalLines(page, item),
    ...notesOf(beside).map((remark) => row(page, 'note', { text: remark, style: 'yellow' })),
    ...(isPlain(item)
      ? []
      : [...imageLines(page, item), ...classLine(page, item), ...changeLines(page, item)]),
    ...item.findings.flatMap((finding) => findingLines(page, finding)),
  ];
  return `${lines.join('\n')}\n`;
}

/** What would settle the open questions of several objects, once. */
export function renderAdvices({ columns, paint }: Page, advices: readonly string[]): string {
  return advices
    .map((advice) => `${paint('yellow', wrap(`To decide: ${advice}`, columns, ''))}\n\n`)
    .join('');
}

function documents(count: number): string {
  return `${count} ${count === 1 ? 'document' : 'documents'}`;
}

/** `4 reviewed: 1 admitted, 3 changed. 2 documents passed over (-v lists them). 1 document could not be read.` */
export function renderSummary(page: Page, summary: Summary): string {
  const parts = OUTCOMES.flatMap((outcome) =>
    summary[outcome] === 0 ? [] : [`${summary[outcome]} ${outcome}`],
  );
  const { reviewed, passedOver, errors } = summary;
  const over = passedOver === 0 ? '' : ` ${documents(passedOver)} passed over (-v lists them).`;
  const unread = errors === 0 ? '' : ` ${documents(errors)} could not be read.`;
  const counts = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  const text = wrap(`${reviewed} reviewed${counts}.${over}${unread}`, page.columns, '');
  return `${page.paint('bold', text)}\n`;
}
