import { setTimeout as sleep } from 'node:timers/promises';
import type { FindingId } from '../../../src/policy/finding-catalog.ts';

const LATE: FindingId = 'wasm-image-without-runtime-class';

const ATTEMPTS = 5;
const PAUSE_MILLISECONDS = 200;

/** Reports whether wasmgate asks to apply again, since the mutating call was late. This happens on a busy machine. */
export function asksToApplyAgain(output: string): boolean {
  return output.includes(`wasmgate/${LATE}: `);
}

/** Reports whether the API server rejects an object because wasmgate did not answer in time, as it does in closed namespaces. */
export function isUnjudged(output: string): boolean {
  return output.includes('failed calling webhook');
}

/** Repeats what wasmgate did not answer in time. Returns the last result, even if that is late, too. */
export async function repeatLate<Result>(
  ask: () => Promise<Result>,
  isLate: (result: Result) => boolean,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await ask();
    if (!isLate(result) || attempt === ATTEMPTS) return result;
    await sleep(PAUSE_MILLISECONDS);
  }
}
