import type { FindingId } from '../../../src/policy/finding-catalog.ts';

const LATE: FindingId = 'wasm-image-without-runtime-class';

/** Reports whether wasmgate asks to apply again, since the mutating call was late. This happens on a busy machine. */
export function asksToApplyAgain(output: string): boolean {
  return output.includes(`wasmgate/${LATE}: `);
}
