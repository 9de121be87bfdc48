import { matchesGlob } from '../../lib/matches-glob.ts';

/** Handlers of GPU hooks, virtual machines and sandboxes for Linux programs, as their own installers name them. */
const PATTERNS: readonly string[] = ['nvidia*', 'kata*', 'runsc*', 'gvisor*', 'sysbox*', 'runc*'];

/** Whether a handler that wasmgate does not know is one behind which nobody would look for Wasm. */
export function isNotForWasm(handler: string): boolean {
  return PATTERNS.some((pattern) => matchesGlob(pattern, handler));
}
