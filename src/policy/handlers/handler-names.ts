import { matchesGlob } from '../../lib/matches-glob.ts';
import type { PolicySettings } from '../settings.ts';
import { HANDLER_PROFILES, type HandlerProfile } from './handler-profiles.ts';

/**
 * Names to look for, the one that counts most first: a build of crun is crun whatever engine it names, an application host
 * (`wasmtime-spin`) says more than the engine below it. The names of engines may have a tail (`wasmtimed`).
 */
const RESEMBLANCES: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['crun-wasm', /(?<![a-z])crun-wasm(?![a-z])/],
  ['crun', /(?<![a-z])crun/],
  ['spin', /(?<![a-z])spin/],
  ['slight', /(?<![a-z])slight/],
  ['wws', /(?<![a-z])wws/],
  ['lunatic', /(?<![a-z])lunatic/],
  ['wasmtime', /wasmtime/],
  ['wasmedge', /wasm-?edge/],
  ['wasmer', /(?<![a-z])wasmer/],
  ['wamr', /(?<![a-z])wamr/],
  ['wasm', /(?<![a-z])wasm(?![a-z])/],
  ['runc', /(?<![a-z])runc(?![a-z])/],
];

/** The profile that the name of an unknown handler suggests; null where it suggests none. A guess, for advice only. */
export function resembledProfile(handler: string): HandlerProfile | null {
  const match = RESEMBLANCES.find(([, pattern]) => pattern.test(handler));
  return HANDLER_PROFILES.find(({ name }) => name === match?.[0]) ?? null;
}

/** Handlers of GPU hooks, virtual machines and sandboxes for Linux programs, as their own installers name them. */
const PATTERNS: readonly string[] = ['nvidia*', 'kata*', 'runsc*', 'gvisor*', 'sysbox*', 'runc*'];

/** Whether a handler that wasmgate does not know is one behind which nobody would look for Wasm. */
export function isNotForWasm(handler: string): boolean {
  return PATTERNS.some((pattern) => matchesGlob(pattern, handler));
}

/** Whether a Pod that names a class with this handler asks for Linux on purpose. */
export function isLinuxHandler({ linuxHandlers }: PolicySettings, handler: string): boolean {
  return linuxHandlers.some((pattern) => matchesGlob(pattern, handler));
}
