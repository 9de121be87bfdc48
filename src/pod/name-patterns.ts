/** Whether one of the patterns is this name; `*` stands for anything. */
export type NamePatterns = (name: string) => boolean;

function toExpression(pattern: string): string {
  return pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*');
}

export function namePatterns(patterns: readonly string[]): NamePatterns {
  if (patterns.length === 0) return () => false;
  const expression = new RegExp(`^(?:${patterns.map(toExpression).join('|')})$`, 's');
  return (name) => expression.test(name);
}
