import type { FetchOptions } from '../images/ports.ts';
import { RegistryError } from './errors.ts';
import type { RegistryLimits } from './limits.ts';

export interface RetryDeps {
  readonly random: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Retries an operation after transient failures, until the signal fires. It then throws the registry's last failure, rather
 * than the abort of a later attempt.
 */
export async function retry<Result>(
  operation: () => Promise<Result>,
  deps: RetryDeps,
  options: Pick<FetchOptions, 'signal' | 'onFailedTry'> & { readonly limits: RegistryLimits },
): Promise<Result> {
  let last: RegistryError | null = null;
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (last !== null && error.code === 'timeout' && options.signal.aborted) throw last;
      last = error;
      if (!options.signal.aborted) options.onFailedTry?.(error);
      const delay = retryDelay(error, attempt, { random: deps.random(), limits: options.limits });
      if (delay === null || options.signal.aborted) throw error;
      const slept = await deps.sleep(delay, options.signal).then(
        () => true,
        () => false,
      );
      if (!slept) throw error;
    }
  }
}

type RetryLimits = Pick<RegistryLimits, 'attempts' | 'retryMs' | 'retryAfterMs'>;

/** Parses Retry-After (RFC 9110 section 10.2.3: seconds or an HTTP date) into milliseconds; null if it is neither. */
export function parseRetryAfter(header: string, now: number): number | null {
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // An HTTP date starts with the name of a day; Date.parse alone accepts almost anything.
  const date = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/**
 * Returns the wait before the next attempt; null for no retry, which includes a Retry-After that is longer than the limit.
 * @param random in [0, 1): jitter over half to all of the wait
 */
export function retryDelay(
  error: RegistryError,
  attempt: number,
  options: { readonly random: number; readonly limits: RetryLimits },
): number | null {
  const { random, limits } = options;
  if (!error.transient || attempt >= limits.attempts) return null;
  if (error.retryAfterMs !== null && error.retryAfterMs > limits.retryAfterMs) return null;
  const wait = limits.retryMs * 2 ** (attempt - 1) * (0.5 + random / 2);
  return Math.max(error.retryAfterMs ?? 0, wait);
}
