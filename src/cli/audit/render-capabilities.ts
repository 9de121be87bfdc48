import type { ClassCapability, ClassUse } from '../../audit/capabilities/class-capability.ts';
import type { ClusterCapabilities, UnnamedHandler } from '../../audit/capabilities/cluster-capabilities.ts';
import type { NodeRuntime } from '../../audit/capabilities/node-runtimes.ts';
import type { RuntimeEffect } from '../../audit/capabilities/runtime-effects.ts';
import { stripControlCharacters } from '../../lib/strip-control-characters.ts';
import { counted, listSome } from '../../lib/words.ts';
import type { Severity } from '../../policy/finding-catalog.ts';
import { SEVERITY_STYLES } from '../item-lines.ts';
import { wrap, type Page } from '../page.ts';
import { handlerCounts, nodeWords, runsWords, runtimeWords, useWords } from './capability-words.ts';

const INDENT = '  ';

/** Beside the longest severity and two spaces. */
const REMARK = ' '.repeat(INDENT.length + 'warning  '.length);

/** The least width of the last column; a narrower terminal gets each row as a paragraph. */
const LAST_COLUMN = 20;

/** Names listed in one sentence. */
const MAX_NAMES = 20;

function sentence(page: Page, text: string): string {
  return wrap(text, page.columns, INDENT);
}

/** Renders a table whose last column wraps, or on a narrow terminal a paragraph for each row. */
function columns(
  { columns: width, paint }: Page,
  head: readonly string[],
  rows: readonly (readonly string[])[],
) {
  const cells = rows.map((row) => row.map(stripControlCharacters));
  const widths = head.map((title, index) =>
    Math.max(...[head, ...cells].map((row) => row[index]?.length ?? 0), title.length),
  );
  const left = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, INDENT.length);
  if (left + LAST_COLUMN > width) return paragraphs(width, head, cells);
  const line = (row: readonly string[]): string => {
    const start = row.slice(0, -1).map((cell, index) => cell.padEnd(widths[index] ?? 0));
    return `${INDENT}${[...start, wrap(row.at(-1) ?? '', width, ' '.repeat(left)).trimStart()].join('  ')}`.trimEnd();
  };
  return [paint('dim', line(head)), ...cells.map(line)];
}

function paragraphs(width: number, head: readonly string[], rows: readonly (readonly string[])[]) {
  return rows.map(([name = '', ...others]) =>
    [
      wrap(name, width, INDENT),
      ...others.map((cell, index) =>
        wrap(`${(head[index + 1] ?? '').toLowerCase()}: ${cell}`, width, `${INDENT}  `),
      ),
    ].join('\n'),
  );
}

interface Remark {
  readonly severity: Severity;
  readonly text: string;
  /** Empty if there is nothing to do. */
  readonly advice: string;
}

function remark({ columns: width, paint }: Page, { severity, text, advice }: Remark): string {
  const label = paint(SEVERITY_STYLES[severity], severity.padEnd(REMARK.length - INDENT.length));
  const body = wrap(text, width, REMARK).trimStart();
  const fix = advice === '' ? '' : `\n${wrap(`Fix: ${advice}`, width, REMARK)}`;
  return `${INDENT}${label}${body}${fix}`;
}

function isUnused(use: ClassUse | null): boolean {
  return use !== null && use.named + use.chosen === 0;
}

function classTable(page: Page, classes: readonly ClassCapability[] | null): readonly string[] {
  if (classes === null) return [sentence(page, 'wasmgate could not list the RuntimeClasses.')];
  if (classes.length === 0) return [sentence(page, 'The cluster has no RuntimeClass.')];
  const rows = classes.map((one) => [
    one.name,
    one.handler,
    nodeWords(one.nodes),
    useWords(one.use),
    runsWords(one),
  ]);
  return columns(page, ['CLASS', 'HANDLER', 'NODES', 'USED BY', 'RUNS'], rows);
}

function classRemarks(page: Page, classes: readonly ClassCapability[]): readonly string[] {
  const problems = classes.flatMap(({ name, problems: found }) =>
    found.map(({ severity, message, advice }) =>
      remark(page, { severity, text: `RuntimeClass "${name}": ${message}`, advice }),
    ),
  );
  const unused = classes.filter(({ use }) => isUnused(use)).map(({ name }) => name);
  return unused.length === 0
    ? problems
    : [
        ...problems,
        remark(page, {
          severity: 'info',
          text: `No workload uses ${listSome(unused, MAX_NAMES)}.`,
          advice: '',
        }),
      ];
}

function handlerRemarks(page: Page, handlers: readonly UnnamedHandler[]): readonly string[] {
  const forWasm = handlers.filter(({ isForWasm }) => isForWasm === true);
  const others = handlers.filter(({ isForWasm }) => isForWasm !== true).map(({ handler }) => handler);
  const lines = forWasm.map(({ handler, nodes }) =>
    remark(page, {
      severity: 'info',
      text: `${counted(nodes, 'node has', 'nodes have')} handler "${handler}", which no RuntimeClass names.`,
      advice: 'Create a RuntimeClass with this handler.',
    }),
  );
  if (others.length === 0) return lines;
  const text = `No RuntimeClass names the handlers ${listSome(others, MAX_NAMES)}, which wasmgate does not know as handlers for Wasm.`;
  return [...lines, remark(page, { severity: 'info', text, advice: '' })];
}

function runtimeTable(page: Page, runtimes: readonly NodeRuntime[] | null): readonly string[] {
  if (runtimes === null) return [sentence(page, 'wasmgate could not list the nodes.')];
  if (runtimes.length === 0) return [sentence(page, 'The cluster has no nodes.')];
  const rows = runtimes.map((one) => [
    runtimeWords(one),
    one.platform ?? 'unknown',
    one.nodes.toLocaleString('en') +
      (one.cordoned > 0 ? ` (${one.cordoned.toLocaleString('en')} cordoned)` : ''),
    listSome(handlerCounts(one), MAX_NAMES),
  ]);
  return columns(page, ['RUNTIME', 'PLATFORM', 'NODES', 'HANDLERS'], rows);
}

function effectRemarks(page: Page, effects: readonly RuntimeEffect[]): readonly string[] {
  return effects.map(({ severity, runtimes, nodes, message, advice }) =>
    remark(page, {
      severity,
      text: `Nodes with ${listSome(runtimes, MAX_NAMES)} (${nodes.toLocaleString('en')}) ${message}.`,
      advice,
    }),
  );
}

/** Renders classes, handlers and nodes. 5,000 nodes are a few lines. */
export function renderCapabilities(page: Page, capabilities: ClusterCapabilities): string {
  const { classes, handlersWithoutClass, runtimes, effects } = capabilities;
  const blocks: readonly (readonly [title: string, ...bodies: readonly (readonly string[])[]])[] = [
    [
      'RuntimeClasses',
      classTable(page, classes),
      [...classRemarks(page, classes ?? []), ...handlerRemarks(page, handlersWithoutClass ?? [])],
    ],
    ['Nodes', runtimeTable(page, runtimes), effectRemarks(page, effects)],
  ];
  return blocks
    .map(([title, ...bodies]) => {
      const shown = bodies.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
      return `${page.paint('bold', title)}\n${shown.join('\n\n')}\n`;
    })
    .join('\n');
}
