const DEFAULTS = {
  /** Levels. No schema of Kubernetes has a hundred, and what reads documents goes down by calls of functions: some thousands. */
  most: 500,
} as const;

function childrenOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

/** Level by level, not by calls: however deep it is, and where it leads back into itself. */
export function isNestedTooDeep(value: unknown): boolean {
  let level = childrenOf(value);
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > DEFAULTS.most) return true;
    level = level.flatMap(childrenOf);
  }
  return false;
}
