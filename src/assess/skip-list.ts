import { AppError } from '../errors.ts';
import { parseReference } from '../image/reference.ts';

/** The pattern that leaves an image out, or null; answers from memory for images seen before. */
export type SkipList = (image: string) => string | null;

const MEMO_CAP = 10_000;

function toExpression(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}

/** `registry/repository`, normalised, so that `nginx` meets a pattern for `docker.io/library/*`; null where unreadable. */
function nameOf(image: string): string | null {
  try {
    const { registry, repository } = parseReference(image);
    return `${registry}/${repository}`;
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

/** @param patterns of `registry/repository`, where `*` stands for anything, slashes included */
export function createSkipList(patterns: readonly string[]): SkipList {
  if (patterns.length === 0) return () => null;
  const rules = patterns.map((pattern) => [pattern, toExpression(pattern)] as const);
  const memo = new Map<string, string | null>();
  return (image) => {
    const known = memo.get(image);
    if (known !== undefined) return known;
    const name = nameOf(image);
    // What is no reference may be of any length: it is not worth remembering.
    if (name === null) return null;
    const found = rules.find(([, expression]) => expression.test(name))?.[0] ?? null;
    if (memo.size >= MEMO_CAP) memo.clear();
    memo.set(image, found);
    return found;
  };
}
