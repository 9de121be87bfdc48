import type { AssessPod } from '../../assess/assessment.ts';
import { AppError } from '../../errors.ts';
import type { JsonObject } from '../../image/json.ts';
import { usageError } from '../usage-error.ts';
import { isFact } from './facts.ts';
import { collectManifests, type Manifest } from './manifests.ts';
import { parseDocuments, type ParsedFile } from './parse-documents.ts';
import { readFiles, type InputFile } from './read-files.ts';
import { reviewSubject, type Reviewed } from './review-subject.ts';
import { subjectOf, type Subject } from './subjects.ts';

export const DEFAULTS = {
  /** Reviewed side by side: enough to hide a registry's latency, few enough for its rate limits. */
  atOnce: 8,
  /** Problems told of one file: what is no YAML at all has one in every line, and the first says so. */
  problemsOfFile: 3,
} as const;

/** Files as they were found, read and taken apart. */
export interface Input {
  readonly files: readonly InputFile[];
  readonly manifests: readonly Manifest[];
  /** Documents that are no Kubernetes objects. */
  readonly others: number;
}

export interface ReviewedInput {
  readonly reviews: readonly Reviewed[];
  /** Every Kubernetes object of the files, in order. */
  readonly objects: readonly JsonObject[];
  readonly passedOver: number;
}

const CHART_ADVICE = 'A chart is reviewed as it is rendered: helm template CHART | wasmgate review -f -';

function adviceFor(files: readonly InputFile[]): { advice: string } | Record<string, never> {
  return files.some(({ text }) => text.includes('{{')) ? { advice: CHART_ADVICE } : {};
}

function listProblems({ problems }: ParsedFile): string {
  const more = problems.length - DEFAULTS.problemsOfFile;
  const shown = problems.slice(0, DEFAULTS.problemsOfFile);
  return [...shown, ...(more > 0 ? [`and ${more} more in this file`] : [])]
    .map((line) => `\n  ${line}`)
    .join('');
}

/**
 * @throws AppError `unreadable-manifest` naming file, document and line of everything that is no YAML
 */
export async function readManifests(
  paths: readonly string[],
  reader: { readonly readInput: () => Promise<string> },
): Promise<Input> {
  const files = await readFiles(paths, reader);
  const parsed = files.map(parseDocuments);
  const list = parsed.map(listProblems).join('');
  if (list !== '') {
    throw new AppError('unreadable-manifest', `Cannot read manifests: this is no YAML${list}`, {
      blame: 'input',
      ...adviceFor(files),
    });
  }
  return { files, ...collectManifests(parsed.flatMap(({ documents }) => documents)) };
}

/** @throws AppError `wrong-usage` where there is not a single Kubernetes object, which no one can have meant */
export function checkNotEmpty({ files, manifests, others }: Input, paths: readonly string[]): void {
  if (manifests.length > 0) return;
  const found = others === 1 ? '1 document, which is none' : `${others} documents, which are none`;
  const looked = `${files.length === 1 ? '' : `${files.length} files with `}${found}`;
  const what = `there is no Kubernetes object in ${paths.join(', ')}: ${looked}`;
  throw usageError(what, 'review', others > 0 ? CHART_ADVICE : undefined);
}

function findSubjects({ manifests }: Input, namespace: string): ReadonlyMap<Manifest, Subject> {
  return new Map(
    manifests.flatMap((manifest) => {
      const subject = subjectOf(manifest, namespace);
      return subject === null ? [] : [[manifest, subject] as const];
    }),
  );
}

/** In order, whatever finishes first. */
async function reviewAll(assess: AssessPod, subjects: readonly Subject[]): Promise<readonly Reviewed[]> {
  const reviews: Reviewed[] = [];
  const waiting = subjects.entries();
  const work = async (): Promise<void> => {
    for (const [index, subject] of waiting) reviews[index] = await reviewSubject(assess, subject);
  };
  await Promise.all(Array.from({ length: DEFAULTS.atOnce }, work));
  return reviews;
}

/** @param namespace of objects that name none */
export async function reviewInput(
  assess: AssessPod,
  input: Input,
  namespace: string,
): Promise<ReviewedInput> {
  const subjects = findSubjects(input, namespace);
  const isOver = (manifest: Manifest): boolean => !subjects.has(manifest) && !isFact(manifest);
  return {
    reviews: await reviewAll(assess, [...subjects.values()]),
    objects: input.manifests.map(({ object }) => object),
    passedOver: input.others + input.manifests.filter(isOver).length,
  };
}
