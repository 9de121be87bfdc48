import type { FetchOptions } from '../images/ports.ts';
import type { Limits } from './defaults.ts';
import { RegistryError } from './errors.ts';
import { retryDelay } from './retry-timing.ts';

export interface RetryDeps {
  readonly random: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Runs an operation again if that may help, within the signal. If time runs out, the last failure of the registry is the
 * answer: that a later try was cut short says nothing.
 */
export async function retry<Result>(
  operation: () => Promise<Result>,
  deps: RetryDeps,
  options: Pick<FetchOptions, 'signal' | 'onFailedTry'> & { readonly limits: Limits },
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
