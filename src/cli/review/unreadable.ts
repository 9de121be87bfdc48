import { AppError } from '../../lib/errors.ts';
import { CHART_ADVICE, type Problem } from './problem.ts';
import type { Unreadable } from './report.ts';
import type { Input } from './review-input.ts';

const DEFAULTS = {
  /** Problems told of one file: what is no YAML at all has one in every line, and the first says so. */
  problemsOfFile: 3,
} as const;

function describeProblem({ file, document, line, column, message }: Problem): string {
  if (document === null || line === null) return message;
  const where = column === null ? '' : `, column ${column}`;
  return `${file}, document ${document}, line ${line}${where}: ${message}`;
}

function listProblems(problems: readonly Problem[]): string {
  const more = problems.length - DEFAULTS.problemsOfFile;
  const shown = problems.slice(0, DEFAULTS.problemsOfFile).map(describeProblem);
  return [...shown, ...(more > 0 ? [`and ${more} more in this file`] : [])]
    .map((line) => `\n  ${line}`)
    .join('');
}

/** Of what cannot be read, naming file, document and line of everything; null where all could be. */
export function unreadableError({ files, problems }: Input): AppError<'unreadable-manifest'> | null {
  if (problems.length === 0) return null;
  const list = [...Map.groupBy(problems, ({ file }) => file).values()].map(listProblems).join('');
  const isSyntax = problems.every(({ line }) => line !== null);
  const state = isSyntax ? 'this is no YAML' : 'these cannot be reviewed';
  const isChart = files.some(({ text }) => text.includes('{{'));
  return new AppError('unreadable-manifest', `Cannot read manifests: ${state}${list}`, {
    blame: 'input',
    ...(isChart ? { advice: CHART_ADVICE } : {}),
  });
}

/** One for each document: what is wrong first. */
export function unreadableDocuments({ problems }: Pick<Input, 'problems'>): readonly Unreadable[] {
  const firsts = new Map<string, Unreadable>();
  for (const { file, document, line, message } of problems) {
    const key = `${document} ${file}`;
    if (!firsts.has(key)) firsts.set(key, { file, document, line, message });
  }
  return [...firsts.values()];
}
