import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { backoff, isTransient, type BackoffOptions } from './backoff.ts';
import { isKubernetesError } from './kubernetes-error.ts';

/**
 * wasmgate serves nothing before it has its certificate, so it retries often. If it exited instead, the kubelet's back-off would
 * grow to five minutes.
 */
const START_RETRY: BackoffOptions = { firstMilliseconds: 800, maxMilliseconds: 5_000 };

/** How soon a start asks again for what is not there yet. */
const POLL_MILLISECONDS = 1000;

/** Repeats until there is a result. Waits while the API server is unreachable, and throws what time does not mend. */
export async function retryUntilResult<Result>(
  work: () => Promise<Result | null>,
  { logger, retry = START_RETRY }: { readonly logger: Pick<Logger, 'warn'>; readonly retry?: BackoffOptions },
  signal: AbortSignal,
): Promise<Result> {
  for (let failures = 0; ;) {
    let milliseconds = Math.min(POLL_MILLISECONDS, retry.maxMilliseconds);
    try {
      const result = await work();
      if (result !== null) return result;
    } catch (error) {
      if (!isTransient(error)) throw error;
      milliseconds = Math.round(backoff(failures, Math.random(), retry));
      failures += 1;
      logger.warn({ failures, retryMilliseconds: milliseconds }, describeError(error));
    }
    // If aborted, the next attempt throws.
    await sleep(milliseconds, undefined, { signal }).catch(() => {});
  }
}

interface CheckOptions {
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly milliseconds: number;
  /** For the log: what the check keeps. */
  readonly what: string;
}

/**
 * Repeats a check until the signal aborts. Logs a failure when it begins and when it ends; it may last for days. Never rejects.
 * @param check returns false to be repeated soon
 */
export async function repeatCheck(
  check: () => Promise<boolean>,
  { logger, milliseconds, what }: CheckOptions,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  let logged: string | null = null;
  while (!signal.aborted) {
    try {
      failures = (await check()) ? 0 : failures + 1;
      if (logged !== null) logger.info({}, `${what} again`);
      logged = null;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const state = stateOf(error);
      if (state !== logged) logger.warn({ failures }, describeError(error));
      logged = state;
    }
    const pause = failures === 0 ? milliseconds : Math.min(milliseconds, backoff(failures, Math.random()));
    await sleep(pause, undefined, { signal }).catch(() => {});
  }
}

/** An API server that is away refuses, times out or answers with its own errors, in turn. */
function stateOf(error: unknown): string {
  if (isTransient(error)) return 'transient';
  return isKubernetesError(error) ? error.code : describeError(error);
}
