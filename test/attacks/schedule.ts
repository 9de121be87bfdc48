import { setTimeout as sleep } from 'node:timers/promises';

/** Runs something at a steady rate until the signal fires, and makes up for late runs. */
export async function everyMilliseconds(
  milliseconds: number,
  signal: AbortSignal,
  run: (index: number) => void,
): Promise<void> {
  const started = performance.now();
  for (let index = 0; !signal.aborted; index += 1) {
    run(index);
    const wait = started + (index + 1) * milliseconds - performance.now();
    await sleep(Math.max(wait, 0), undefined, { signal }).catch(() => undefined);
  }
}
