import { setTimeout as delay } from 'node:timers/promises';

/** Looks again and again, with a pause before each look, until the signal ends it; keeps no process alive. @throws what the look throws */
export async function lookAgain(
  look: () => Promise<void>,
  intervalMilliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await delay(intervalMilliseconds, undefined, { signal, ref: false });
    } catch {
      return;
    }
    await look();
  }
}
