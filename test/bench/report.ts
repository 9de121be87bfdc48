import type { Outcome, Row, RowResult } from './bench-row.ts';

export interface MeasuredRow {
  readonly row: Row;
  readonly result: RowResult;
  readonly seconds: number;
}

/** The circumstances of a run. */
export interface Circumstances {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly pinning: string;
  readonly isQuick: boolean;
}

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  met: 'met',
  missed: 'missed',
  unclear: 'machine too busy',
  'no goal': '',
};

function describeCircumstances({ date, machine, node, pinning, isQuick }: Circumstances): string {
  const quick = isQuick ? ['quick: too few rounds to compare with goals'] : [];
  return [date.slice(0, 10), machine, `Node ${node}`, pinning, ...quick].join(', ');
}

function reasonOf(result: RowResult): string | null {
  return result.kind === 'skipped' ? `skipped: ${result.reason.split('\n', 1)[0]}` : null;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

/** One line for a figure with a single reading; otherwise a head, and a line for each reading. */
function tableRows({ row, result }: MeasuredRow): readonly string[] {
  const figure = `**${row.figure}**`;
  if (result.kind === 'skipped') return [tableRow([figure, reasonOf(result) ?? '', '', ''])];
  const [only, ...others] = result.readings;
  const lines = result.readings.map(({ of, value, goal, outcome }) => [of, value, goal, OUTCOMES[outcome]]);
  if (only?.of === '' && others.length === 0) return lines.map(([, ...rest]) => tableRow([figure, ...rest]));
  return [[figure, '', '', ''], ...lines].map(tableRow);
}

/** The table of the README. What is measured stands below it, because the table should fit into a window. */
export function renderMarkdown(rows: readonly MeasuredRow[], circumstances: Circumstances): string {
  return [
    `${describeCircumstances(circumstances)}:`,
    '',
    '| figure | value | goal | |',
    '|---|---|---|---|',
    ...rows.flatMap(tableRows),
    '',
    'How they are measured:',
    '',
    ...rows.map(({ row: { figure, how } }) => `- ${figure}: ${how}.`),
  ].join('\n');
}

/** A table for a terminal. */
export function renderTable(rows: readonly MeasuredRow[], circumstances: Circumstances): string {
  const blocks = rows.map(({ row, result, seconds }) => {
    const readings = result.kind === 'skipped' ? [] : result.readings;
    const lines = readings.map(({ of, value, goal, outcome }) => {
      const judged = goal === '' ? '' : `   [${goal}] ${OUTCOMES[outcome]}`;
      return `  ${of.padEnd(50)} ${value}${judged}`;
    });
    const reason = reasonOf(result);
    const head = [`${row.name}: ${row.figure} (${seconds.toFixed(0)} s)`, `  ${row.how}`];
    return [...head, ...(reason === null ? lines : [`  ${reason}`])].join('\n');
  });
  return [describeCircumstances(circumstances), ...blocks].join('\n\n');
}

export function renderJson(rows: readonly MeasuredRow[], circumstances: Circumstances): string {
  const figures = rows.map(({ row: { name, figure, how }, result, seconds }) => ({
    name,
    figure,
    how,
    seconds,
    ...result,
  }));
  return JSON.stringify({ ...circumstances, figures }, null, 2);
}
