import { setTimeout as delay } from 'node:timers/promises';

/** Calls `look` at an interval until the signal fires. The timer keeps no process alive. @throws what `look` throws */
export async function poll(
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
