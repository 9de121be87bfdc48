import { LRUCache } from 'lru-cache';
import { DOCKER_HUB, parseReference, type Reference } from '../image/reference.ts';
import { AppError } from '../lib/errors.ts';
import { matchesGlob } from '../lib/matches-glob.ts';

/** The pattern that leaves an image out, or null; answers from memory for images seen before. */
export type SkipList = (image: string) => string | null;

const DEFAULTS = {
  /** More images than most clusters run. */
  maxEntries: 10_000,
  /** Bytes of memory: a name has some 80 characters, and a tenant may make each 800 long. */
  maxBytes: 4 * 1024 * 1024,
  /** Of an entry, beside its name. */
  entryBytes: 128,
} as const;

const OFFICIAL = 'library/';

/** Null where it is none. */
function readReference(text: string): Reference | null {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** A name on Docker Hub may begin as a host is called, and without its registry would be taken for that host's. */
function isSame(short: string, { registry, repository }: Reference): boolean {
  const other = readReference(short);
  return other?.registry === registry && other.repository === repository;
}

/**
 * `registry/repository`, normalised, so that `nginx` meets a pattern for `docker.io/library/*`; of Docker Hub also what people
 * write instead. None where the reference is unreadable.
 */
function namesOf(image: string): readonly string[] {
  const reference = readReference(image);
  if (reference === null) return [];
  const { registry, repository } = reference;
  const full = `${registry}/${repository}`;
  if (registry !== DOCKER_HUB) return [full];
  const bare = repository.startsWith(OFFICIAL) ? [repository.slice(OFFICIAL.length)] : [];
  return [full, ...[repository, ...bare].filter((short) => isSame(short, reference))];
}

interface Answer {
  readonly pattern: string | null;
}

/** @param patterns of `registry/repository`, where `*` stands for anything, slashes included; `nginx` and `istio/*` on Docker Hub */
export function createSkipList(patterns: readonly string[]): SkipList {
  if (patterns.length === 0) return () => null;
  const memo = new LRUCache<string, Answer>({
    max: DEFAULTS.maxEntries,
    maxSize: DEFAULTS.maxBytes,
    sizeCalculation: (_answer, image) => DEFAULTS.entryBytes + 2 * image.length,
  });
  return (image) => {
    const known = memo.get(image);
    if (known !== undefined) return known.pattern;
    const names = namesOf(image);
    // What is no reference may be of any length: it is not worth remembering.
    if (names.length === 0) return null;
    const found = patterns.find((pattern) => names.some((name) => matchesGlob(pattern, name))) ?? null;
    memo.set(image, { pattern: found });
    return found;
  };
}
