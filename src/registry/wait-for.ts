import { orLate } from '../or-late.ts';

/** Waits for work that others wait for too: when the signal aborts only this wait ends, the work goes on. */
export function waitFor<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return orLate(work, signal, () => {
    throw signal.reason as Error;
  });
}
