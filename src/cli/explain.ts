import { didYouMean } from '../lib/nearest-name.ts';
import type { Explanation } from '../policy/check.ts';
import type { Action } from '../policy/decision.ts';
import type { Severity } from '../policy/finding-catalog.ts';
import { EXIT_CODES, type Command, type ExitCode } from './command.ts';
import type { Io } from './io.ts';
import { createPage, table, wrap, type Page } from './page.ts';
import { usageError } from './parse-arguments.ts';

export interface ExplainedFinding extends Explanation {
  readonly severity: Severity;
  /** The default action. */
  readonly action: Action;
}

export interface ExplainDeps {
  /** In the order in which they are reported. */
  readonly findings: () => readonly ExplainedFinding[];
}

const CONSEQUENCES: Readonly<Record<Action, string>> = {
  deny: 'By default, wasmgate denies the Pod.',
  warn: 'By default, wasmgate admits the Pod with a warning.',
  ignore: 'Off by default.',
};

function renderFinding({ columns, paint }: Page, finding: ExplainedFinding): string {
  const { id, why, checks, exempts, example, fix, severity, action } = finding;
  const sections: readonly (readonly [title: string, text: string])[] = [
    ['Why', why],
    ['For example', example],
    ['Fix', fix],
    ['Checks', checks],
    ['Does not apply to', exempts],
    ['Severity', `${severity}. ${CONSEQUENCES[action]}`],
  ];
  const body = sections.map(([title, text]) => `${paint('bold', title)}\n${wrap(text, columns, '  ')}\n`);
  return [`${paint(['bold', 'cyan'], id)}\n`, ...body].join('\n');
}

function renderList(
  { columns, paint }: Page,
  findings: readonly ExplainedFinding[],
  program: string,
): string {
  const groups = (['deny', 'warn', 'ignore'] as const).flatMap((action) => {
    const rows = findings
      .filter((finding) => finding.action === action)
      .map(({ id, example }) => [id, example] as const);
    const title = { deny: 'Denied by default', warn: 'Warnings by default', ignore: 'Off by default' };
    return rows.length === 0 ? [] : [`${paint('bold', title[action])}\n${table(rows, columns)}\n`];
  });
  const hint = wrap(
    `${program} explain FINDING explains one: why it matters and how to fix it.`,
    columns,
    '',
  );
  return `${groups.join('\n')}\n${hint}\n`;
}

function explain(names: readonly string[], io: Io, { findings }: ExplainDeps): ExitCode {
  const { stdout, program = 'wasmgate' } = io;
  const all = findings();
  const page = createPage(io);
  if (names.length === 0) {
    stdout.write(renderList(page, all, program));
    return EXIT_CODES.ok;
  }
  const chosen = names.map((name) => {
    const found = all.find(({ id }) => id === name);
    if (found !== undefined) return found;
    const ids = all.map(({ id }) => id);
    throw usageError(`there is no finding "${name}".${didYouMean(name, ids)}`, 'explain');
  });
  stdout.write(chosen.map((finding) => renderFinding(page, finding)).join('\n'));
  return EXIT_CODES.ok;
}

export function explainCommand(deps: ExplainDeps): Command {
  return {
    name: 'explain',
    summary: 'Explain what a warning or denial means and how to fix it.',
    positionals: '[FINDING...]',
    flags: [],
    examples: [
      { command: 'wasmgate explain', explanation: 'List all findings' },
      { command: 'wasmgate explain handler-cannot-run-image', explanation: 'Explain one, with its fix' },
    ],
    suggest: (before) =>
      deps
        .findings()
        .filter(({ id }) => !before.includes(id))
        .map(({ id, severity }) => ({ value: id, about: severity })),
    run: ({ positionals }, io) => Promise.resolve(explain(positionals, io, deps)),
  };
}
