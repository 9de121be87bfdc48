export const DEFAULTS = {
  /** As client-go's reflector: 0.8 s, doubled up to 30 s, so that a restarted API server is not stormed. */
  firstMilliseconds: 800,
  maxMilliseconds: 30_000,
} as const;

export interface BackoffOptions {
  readonly firstMilliseconds: number;
  readonly maxMilliseconds: number;
}

/**
 * How long to wait after so many failures in a row: between the half and the whole of a doubling bound, so that replicas
 * that failed together do not come back together.
 * @param random in [0, 1)
 */
export function backoff(failures: number, random: number, options: BackoffOptions = DEFAULTS): number {
  const bound = Math.min(options.maxMilliseconds, options.firstMilliseconds * 2 ** Math.min(failures, 30));
  return (bound * (1 + random)) / 2;
}
