import type { Limits } from './defaults.ts';
import { RegistryError } from './errors.ts';
import { retryDelay } from './retry-timing.ts';

export interface RetryDeps {
  readonly random: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Runs an operation again where that may help, within the signal: when time runs out, the last failure is the answer. */
export async function retry<Result>(
  operation: () => Promise<Result>,
  deps: RetryDeps,
  options: { readonly signal: AbortSignal; readonly limits: Limits },
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
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
