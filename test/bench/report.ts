import type { Outcome, Reading, Row, RowResult } from './bench-row.ts';

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

interface Line {
  readonly figure: string;
  readonly how: string;
  readonly value: string;
  readonly goal: string;
  readonly outcome: string;
}

function describeReading({ row, how, reading }: { row: Row; how: string; reading: Reading }): Line {
  const { of, value, goal, outcome } = reading;
  const figure = [row.figure, of].filter((part) => part !== '').join(': ');
  return { figure, how, value, goal, outcome: OUTCOMES[outcome] };
}

/** Says once for each row how it is measured. */
function linesOf({ row, result }: MeasuredRow): readonly Line[] {
  if (result.kind === 'skipped')
    return [{ figure: row.figure, how: row.how, value: `skipped: ${result.reason}`, goal: '', outcome: '' }];
  return result.readings.map((reading, index) =>
    describeReading({ row, how: index === 0 ? row.how : '', reading }),
  );
}

/** The table of the README. */
export function renderMarkdown(rows: readonly MeasuredRow[], circumstances: Circumstances): string {
  const lines = rows
    .flatMap(linesOf)
    .map(({ figure, how, value, goal, outcome }) => `| ${[figure, how, value, goal, outcome].join(' | ')} |`);
  return [
    `${describeCircumstances(circumstances)}:`,
    '',
    '| figure | how | value | goal | |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

/** A table for a terminal. */
export function renderTable(rows: readonly MeasuredRow[], circumstances: Circumstances): string {
  const blocks = rows.map((measured) => {
    const { row, seconds } = measured;
    const lines = linesOf(measured).map(({ figure, value, goal, outcome }) => {
      const of = figure.slice(row.figure.length + 2);
      return `  ${of.padEnd(50)} ${value}${goal === '' ? '' : `   [${goal}] ${outcome}`}`;
    });
    return [`${row.name}: ${row.figure} (${seconds.toFixed(0)} s)`, `  ${row.how}`, ...lines].join('\n');
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
