import { AppError } from '../errors.ts';
import { matchesGlob } from '../glob.ts';
import { parseReference } from '../image/reference.ts';

/** The pattern that leaves an image out, or null; answers from memory for images seen before. */
export type SkipList = (image: string) => string | null;

const MEMO_CAP = 10_000;

const DOCKER_HUB = 'docker.io';
const OFFICIAL = 'library/';

/**
 * `registry/repository`, normalised, so that `nginx` meets a pattern for `docker.io/library/*`; of Docker Hub also what people
 * write instead. None where the reference is unreadable.
 */
function namesOf(image: string): readonly string[] {
  try {
    const { registry, repository } = parseReference(image);
    const full = `${registry}/${repository}`;
    if (registry !== DOCKER_HUB) return [full];
    return repository.startsWith(OFFICIAL)
      ? [full, repository, repository.slice(OFFICIAL.length)]
      : [full, repository];
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

/** @param patterns of `registry/repository`, where `*` stands for anything, slashes included; `nginx` and `istio/*` on Docker Hub */
export function createSkipList(patterns: readonly string[]): SkipList {
  if (patterns.length === 0) return () => null;
  const memo = new Map<string, string | null>();
  return (image) => {
    const known = memo.get(image);
    if (known !== undefined) return known;
    const names = namesOf(image);
    // What is no reference may be of any length: it is not worth remembering.
    if (names.length === 0) return null;
    const found = patterns.find((pattern) => names.some((name) => matchesGlob(pattern, name))) ?? null;
    if (memo.size >= MEMO_CAP) memo.clear();
    memo.set(image, found);
    return found;
  };
}
