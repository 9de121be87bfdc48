export interface LineLimits {
  /** Lines per interval. */
  readonly most: number;
  /** The part of them that one namespace may use: a tenant must not crowd out the lines of others. */
  readonly mostOfNamespace: number;
  readonly milliseconds: number;
}

/**
 * Returns a function that reports whether one more log line is within the limits.
 *
 * @param onDropped is called at the first line of an interval with how many lines the one before dropped
 * @param now a monotonic clock in milliseconds
 */
export function limitLines(
  { most, mostOfNamespace, milliseconds }: LineLimits,
  onDropped: (lines: number) => void,
  now: () => number = () => performance.now(),
): (namespace?: string) => boolean {
  const ofNamespace = new Map<string, number>();
  let since = -Infinity;
  let lines = 0;
  let dropped = 0;

  function startInterval(time: number): void {
    if (dropped > 0) onDropped(dropped);
    since = time;
    lines = 0;
    dropped = 0;
    ofNamespace.clear();
  }

  return (namespace) => {
    const time = now();
    if (time - since >= milliseconds) startInterval(time);
    const own = namespace === undefined ? 0 : (ofNamespace.get(namespace) ?? 0);
    if (lines >= most || own >= mostOfNamespace) {
      dropped += 1;
      return false;
    }
    lines += 1;
    if (namespace !== undefined) ofNamespace.set(namespace, own + 1);
    return true;
  };
}
