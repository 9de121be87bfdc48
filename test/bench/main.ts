import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Row, RowResult } from './bench-row.ts';
import { createBundle } from './bundle.ts';
import { pin } from './pinning.ts';
import { renderJson, renderMarkdown, renderTable, type MeasuredRow } from './report.ts';
import { ROWS } from './rows.ts';

const USAGE = `npm run bench -- [ROW...] [flags]

  --quick        Fewer rounds: to try it, not to compare with the goals.
  --json FILE    Also write the figures as JSON.
  -o FORMAT      What to print: table (default), json or markdown.
  --markdown     Short for -o markdown.
  --readme       Also write the table into the README.

Rows: ${ROWS.map(({ name }) => name).join(', ')}`;

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

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
      output: { type: 'string', short: 'o', default: 'table' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const format = values.markdown ? 'markdown' : values.output;
  const renderers = { table: renderTable, json: renderJson, markdown: renderMarkdown };
  const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name));
  if (values.help || unknown.length > 0 || !Object.hasOwn(renderers, format)) {
    console.error(unknown.length > 0 ? `There is no row "${unknown.join('", "')}".\n${USAGE}` : USAGE);
    return values.help ? 0 : 2;
  }
  console.error('building the bundle …');
  await using bundle = await createBundle();
  const pinning = pin();
  const bench = { bundle, pinning, isQuick: values.quick };
  const rows: (MeasuredRow & { isBroken: boolean })[] = [];
  for (const row of ROWS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)))
    rows.push(await measure(row, () => row.run(bench)));
  const circumstances = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    node: process.version,
    pinning: pinning.description,
    isQuick: values.quick,
  };
  console.log(renderers[format as keyof typeof renderers](rows, circumstances));
  if (values.readme) await writeReadme(renderMarkdown(rows, circumstances));
  if (values.json !== undefined) await writeFile(values.json, `${renderJson(rows, circumstances)}\n`);
  return rows.some(({ isBroken }) => isBroken) ? 1 : 0;
}

process.exitCode = await main();
