import type { AssessPod } from '../../assess/assessment.ts';
import type { JsonObject } from '../../lib/json.ts';
import { usageError } from '../usage-error.ts';
import { isFact } from './facts.ts';
import { isKustomization } from './kustomizations.ts';
import { collectManifests, type Manifest } from './manifests.ts';
import { parseDocuments, type ParsedDocument } from './parse-documents.ts';
import { CHART_ADVICE, type Problem } from './problem.ts';
import { readFiles, type InputFile } from './read-files.ts';
import type { PassedOver } from './report.ts';
import { reviewSubject, type Reviewed } from './review-subject.ts';
import { nameOf, readReviewSubject, type ReviewSubject } from './subjects.ts';

const DEFAULTS = {
  /** Reviewed side by side: enough to hide a registry's latency, few enough for its rate limits. */
  atOnce: 8,
} as const;

/** Files as they were found, read and taken apart. */
export interface Input {
  readonly files: readonly InputFile[];
  readonly manifests: readonly Manifest[];
  /** Documents that are no Kubernetes objects. */
  readonly others: readonly ParsedDocument[];
  /** Of files that cannot be read and documents that are no YAML. */
  readonly problems: readonly Problem[];
}

export interface ReviewedInput {
  readonly reviews: readonly Reviewed[];
  /** Every Kubernetes object of the files, in order. */
  readonly objects: readonly JsonObject[];
  readonly passedOver: readonly PassedOver[];
}

const KUSTOMIZE_ADVICE =
  'A kustomization is reviewed as it is built: kubectl kustomize FOLDER | wasmgate review -f -';

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
