const DEFAULTS = {
  /** Levels. No schema of Kubernetes has a hundred, and what reads documents goes down by calls of functions: some thousands. */
  most: 500,
} as const;

function objectsIn(value: object): readonly object[] {
  return Object.values(value).filter((child: unknown) => typeof child === 'object' && child !== null);
}

/**
 * Level by level, not by calls: however deep it is, and where it leads back into itself. There each object counts once in a
 * level: `&a [*a, *a]` has two ways at the first, four at the second, and so on.
 */
export function isNestedTooDeep(value: unknown): boolean {
  let level: ReadonlySet<object> = new Set(objectsIn([value]));
  for (let depth = 1; level.size > 0; depth += 1) {
    if (depth > DEFAULTS.most) return true;
    level = new Set([...level].flatMap(objectsIn));
  }
  return false;
}
