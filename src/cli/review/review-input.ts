import type { AssessPod } from '../../assess/assessment.ts';
import { AppError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { usageError } from '../usage-error.ts';
import { isFact } from './facts.ts';
import { isKustomization } from './kustomizations.ts';
import { collectManifests, type Manifest } from './manifests.ts';
import { parseDocuments, type ParsedDocument, type ParsedFile } from './parse-documents.ts';
import { readFiles, type InputFile } from './read-files.ts';
import type { PassedOver } from './report.ts';
import { reviewSubject, type Reviewed } from './review-subject.ts';
import { nameOf, readReviewSubject, type ReviewSubject } from './subjects.ts';

const DEFAULTS = {
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
  readonly others: readonly ParsedDocument[];
}

export interface ReviewedInput {
  readonly reviews: readonly Reviewed[];
  /** Every Kubernetes object of the files, in order. */
  readonly objects: readonly JsonObject[];
  readonly passedOver: readonly PassedOver[];
}

const CHART_ADVICE = 'A chart is reviewed as it is rendered: helm template CHART | wasmgate review -f -';
const KUSTOMIZE_ADVICE =
  'A kustomization is reviewed as it is built: kubectl kustomize FOLDER | wasmgate review -f -';

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

function describeNothing({ files, others }: Input): string {
  if (files.length === 0) return 'there is no file in it that is called *.yaml, *.yml or *.json';
  const of = files.length === 1 ? '' : ` in ${files.length} files`;
  if (others.length === 0) return `there is nothing${of}`;
  return others.length === 1
    ? `1 document${of}, which is none`
    : `${others.length} documents${of}, which are none`;
}

/** @throws AppError `wrong-usage` where there is not a single Kubernetes object, which no one can have meant */
export function checkNotEmpty(input: Input, paths: readonly string[]): void {
  const { manifests, others } = input;
  if (manifests.length > 0) return;
  const what = `there is no Kubernetes object in ${paths.join(', ')}: ${describeNothing(input)}`;
  const rendered = others.some(isKustomization) ? KUSTOMIZE_ADVICE : CHART_ADVICE;
  throw usageError(what, 'review', others.length > 0 ? rendered : undefined);
}

/** What was passed over, the objects of other kinds first. */
function findPassedOver(
  { manifests, others }: Input,
  subjects: ReadonlyMap<Manifest, ReviewSubject>,
): readonly PassedOver[] {
  const objects = manifests.filter((manifest) => !subjects.has(manifest) && !isFact(manifest));
  return [
    ...objects.map(({ file, document, kind, object }) => ({ file, document, kind, name: nameOf(object) })),
    ...others.map(({ file, document }) => ({ file, document, kind: '', name: '' })),
  ];
}

function findSubjects({ manifests }: Input, namespace: string): ReadonlyMap<Manifest, ReviewSubject> {
  return new Map(
    manifests.flatMap((manifest) => {
      const subject = readReviewSubject(manifest, namespace);
      return subject === null ? [] : [[manifest, subject] as const];
    }),
  );
}

/** In order, whatever finishes first. */
async function reviewAll(
  assess: AssessPod,
  subjects: readonly ReviewSubject[],
): Promise<readonly Reviewed[]> {
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
  return {
    reviews: await reviewAll(assess, [...subjects.values()]),
    objects: input.manifests.map(({ object }) => object),
    passedOver: findPassedOver(input, subjects),
  };
}
