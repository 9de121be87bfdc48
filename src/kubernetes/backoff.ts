import { isKubernetesError } from './kubernetes-error.ts';

/** The limits of client-go's reflector: 0.8 s, doubled up to 30 s, so that clients do not storm a restarted API server. */
export const BACKOFF_LIMITS = { firstMilliseconds: 800, maxMilliseconds: 30_000 } as const;

export interface BackoffOptions {
  readonly firstMilliseconds: number;
  readonly maxMilliseconds: number;
}

/**
 * Returns the wait after this many failures in a row: half to all of a bound that doubles, so that replicas that failed
 * together do not retry together.
 * @param random in [0, 1)
 */
export function backoff(failures: number, random: number, options: BackoffOptions = BACKOFF_LIMITS): number {
  const bound = Math.min(options.maxMilliseconds, options.firstMilliseconds * 2 ** Math.min(failures, 30));
  return (bound * (1 + random)) / 2;
}

/** Reports whether a retry may help: the API server restarts, or is not reachable yet from a node that starts. */
export function isTransient(error: unknown): boolean {
  return isKubernetesError(error, 'unreachable', 'timeout', 'server-error', 'too-many-requests');
}
