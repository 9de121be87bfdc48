import { LRUCache } from 'lru-cache';
import { DOCKER_HUB, parseReference, type Reference } from '../image/reference.ts';
import { AppError } from '../lib/errors.ts';
import { matchesGlob } from '../lib/matches-glob.ts';

/** Returns the pattern that excludes an image, or null. */
export type SkipList = (image: string) => string | null;

const CACHE_LIMITS = {
  /** More images than most clusters run. */
  maxEntries: 10_000,
  /** Bytes of memory: a name has some 80 characters, but a tenant may use names of 800. */
  maxBytes: 4 * 1024 * 1024,
  /** Bytes of an entry beside its name. */
  entryBytes: 128,
} as const;

const OFFICIAL = 'library/';

/** Returns null for a text that is no reference. */
function readReference(text: string): Reference | null {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** Reports whether the short form means this repository. If it begins like a host name, it means that host instead. */
function isSame(short: string, { registry, repository }: Reference): boolean {
  const other = readReference(short);
  return other?.registry === registry && other.repository === repository;
}

/**
 * Returns the names that patterns match: `registry/repository`, normalized, so that `nginx` matches `docker.io/library/*`; for
 * Docker Hub also the short forms. None if the reference is invalid.
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

interface Match {
  readonly pattern: string | null;
}

/** @param patterns of `registry/repository`, where `*` matches anything, slashes included; `nginx` and `istio/*` on Docker Hub */
export function createSkipList(patterns: readonly string[]): SkipList {
  if (patterns.length === 0) return () => null;
  const cache = new LRUCache<string, Match>({
    max: CACHE_LIMITS.maxEntries,
    maxSize: CACHE_LIMITS.maxBytes,
    sizeCalculation: (_match, image) => CACHE_LIMITS.entryBytes + 2 * image.length,
  });
  return (image) => {
    const known = cache.get(image);
    if (known !== undefined) return known.pattern;
    const names = namesOf(image);
    // An invalid reference may be of any length, so it is not cached.
    if (names.length === 0) return null;
    const pattern = patterns.find((one) => names.some((name) => matchesGlob(one, name))) ?? null;
    cache.set(image, { pattern });
    return pattern;
  };
}
