import { AppError } from '../../lib/errors.ts';
import { usageError } from '../parse-arguments.ts';
import { collectManifests, isKustomization, type Manifest } from './manifests.ts';
import { parseDocuments, type ParsedDocument } from './parse-documents.ts';
import { readFiles, type InputFile, type Problem } from './read-files.ts';
import type { Unreadable } from './report.ts';

/** Problems reported per file. A file that is no YAML has one in every line, and the first is enough. */
const MAX_PROBLEMS_PER_FILE = 3;

const CHART_ADVICE = 'To review a chart, render it: helm template CHART | wasmgate review -f -';

const KUSTOMIZE_ADVICE =
  'To review a kustomization, build it: kubectl kustomize FOLDER | wasmgate review -f -';

/** Files and the objects in them. */
export interface Input {
  readonly files: readonly InputFile[];
  readonly manifests: readonly Manifest[];
  /** Documents that are no Kubernetes objects. */
  readonly others: readonly ParsedDocument[];
  /** In unreadable files, and documents that are no YAML. */
  readonly problems: readonly Problem[];
}

/** What a review of objects of the cluster reads from files. */
export const NO_INPUT: Input = { files: [], manifests: [], others: [], problems: [] };

/** @throws AppError with a `FileErrorCode` */
export async function readManifests(
  paths: readonly string[],
  reader: { readonly readInput: () => Promise<string> },
): Promise<Input> {
  const { files, problems } = await readFiles(paths, reader);
  const parsed = files.map(parseDocuments);
  const documents = parsed.flatMap((file) => file.documents);
  const all = [...problems, ...parsed.flatMap((file) => file.problems)];
  return { files, problems: all, ...collectManifests(documents) };
}

function describeEmpty({ files, others }: Input): string {
  if (files.length === 0) return 'there are no *.yaml, *.yml or *.json files';
  const inFiles = files.length === 1 ? '' : ` in ${files.length} files`;
  if (others.length === 0) return `there are no documents${inFiles}`;
  return others.length === 1
    ? `the only document${inFiles} is not one`
    : `none of the ${others.length} documents${inFiles} is one`;
}

/** @throws AppError `wrong-usage` if there is not a single Kubernetes object, which must be a mistake */
export function checkNotEmpty(input: Input, paths: readonly string[]): void {
  const { manifests, others } = input;
  if (manifests.length > 0) return;
  const message = `there is no Kubernetes object in ${paths.join(', ')}: ${describeEmpty(input)}`;
  const advice = others.some(isKustomization) ? KUSTOMIZE_ADVICE : CHART_ADVICE;
  throw usageError(message, 'review', others.length > 0 ? advice : undefined);
}

function describeProblem({ file, document, line, column, message }: Problem): string {
  if (document === null || line === null) return message;
  const where = column === null ? '' : `, column ${column}`;
  return `${file}, document ${document}, line ${line}${where}: ${message}`;
}

function listProblems(problems: readonly Problem[]): string {
  const more = problems.length - MAX_PROBLEMS_PER_FILE;
  const shown = problems.slice(0, MAX_PROBLEMS_PER_FILE).map(describeProblem);
  return [...shown, ...(more > 0 ? [`and ${more} more in this file`] : [])]
    .map((line) => `\n  ${line}`)
    .join('');
}

/** Creates an error that names file, document and line of each problem; null if there are none. */
export function unreadableError({ files, problems }: Input): AppError<'unreadable-manifest'> | null {
  if (problems.length === 0) return null;
  const list = [...Map.groupBy(problems, ({ file }) => file).values()].map(listProblems).join('');
  const isSyntax = problems.every(({ line }) => line !== null);
  const state = isSyntax ? 'invalid YAML' : 'these cannot be reviewed';
  const isChart = files.some(({ text }) => text.includes('{{'));
  return new AppError('unreadable-manifest', `Cannot read manifests: ${state}${list}`, {
    blame: 'input',
    ...(isChart ? { advice: CHART_ADVICE } : {}),
  });
}

/** Returns the first problem of each document. */
export function unreadableDocuments({ problems }: Pick<Input, 'problems'>): readonly Unreadable[] {
  const firsts = new Map<string, Unreadable>();
  for (const { file, document, line, message } of problems) {
    const key = `${document} ${file}`;
    if (!firsts.has(key)) firsts.set(key, { file, document, line, message });
  }
  return [...firsts.values()];
}
