import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { UsageError } from '../support/cli/read-flags.ts';
import type { Row, RowResult } from './bench-row.ts';
import { createBundle } from './bundle.ts';
import { parseOptions } from './options.ts';
import { pin } from './pinning.ts';
import { renderJson, renderMarkdown, renderTable, type MeasuredRow } from './report.ts';
import { ROWS } from './rows.ts';

const HELP = `Measure wasmgate side by side with other servers, and print a table of figures
with their goals.

Usage
  npm run bench -- [flags] [ROW ...]

Without rows, all of them run.

Flags
  --quick          Run fewer rounds: to try the benchmark, not to compare with
                   the goals.
  --json FILE      Also write the figures to a file, as JSON.
  -o, --output FORMAT
                   Print as table (default), json or markdown.
  --markdown       The same as -o markdown.
  --readme         Also write the table into README.md.
  -h, --help       Show this help.

Rows
${ROWS.map(({ name, figure }) => `  ${name.padEnd(15)}  ${figure}`).join('\n')}
`;

const README = new URL('../../README.md', import.meta.url);
/** Before and after the table. */
const MARK = '<!-- figures -->';

const GIBIBYTE = 2 ** 30;

function describeMachine(): string {
  const [first, ...others] = cpus();
  const model = first?.model.replaceAll(/\s+/g, ' ').trim() ?? 'unknown';
  return `${others.length + 1} processors (${model}), ${(totalmem() / GIBIBYTE).toFixed(0)} GiB`;
}

async function writeReadme(table: string): Promise<void> {
  const text = await readFile(README, 'utf8');
  const [before, , after] = text.split(MARK);
  if (before === undefined || after === undefined) throw new Error('Cannot find the figures in the README');
  await writeFile(README, [before, `\n${table}\n`, after].join(MARK));
}

/** A row that fails must not cost the others. */
async function measure(
  row: Row,
  run: () => Promise<RowResult>,
): Promise<MeasuredRow & { isBroken: boolean }> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  console.error(`${row.name} …`);
  try {
    return { row, result: await run(), seconds: seconds(), isBroken: false };
  } catch (error) {
    console.error(error);
    const reason = error instanceof Error ? error.message : String(error);
    return { row, result: { kind: 'skipped', reason }, seconds: seconds(), isBroken: true };
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(
    args,
    ROWS.map(({ name }) => name),
  );
  if (options.kind === 'help') {
    console.log(HELP);
    return 0;
  }
  const { isQuick, json } = options;
  console.error('building the bundle …');
  await using bundle = await createBundle();
  const pinning = pin();
  const bench = { bundle, pinning, isQuick };
  const rows: (MeasuredRow & { isBroken: boolean })[] = [];
  for (const row of ROWS.filter(({ name }) => options.rows.length === 0 || options.rows.includes(name)))
    rows.push(await measure(row, () => row.run(bench)));
  const circumstances = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    node: process.version,
    pinning: pinning.description,
    isQuick,
  };
  const renderers = { table: renderTable, json: renderJson, markdown: renderMarkdown };
  console.log(renderers[options.format](rows, circumstances));
  const isBroken = rows.some((row) => row.isBroken);
  if (options.readme && isBroken) console.error('README.md stays as it is: a row is broken.');
  else if (options.readme) await writeReadme(renderMarkdown(rows, circumstances));
  if (json !== null) await writeFile(json, `${renderJson(rows, circumstances)}\n`);
  return isBroken ? 1 : 0;
}

function fail(error: unknown): number {
  if (!(error instanceof UsageError)) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  console.error(`${error.message} See npm run bench -- --help.`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2)).catch(fail);
