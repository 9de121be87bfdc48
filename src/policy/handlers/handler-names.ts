import { matchesGlob } from '../../lib/matches-glob.ts';
import type { PolicySettings } from '../settings.ts';
import { HANDLER_PROFILES, type HandlerProfile } from './handler-profiles.ts';

/**
 * Parts of handler names, the most significant first: a build of crun is crun whatever engine it names, and an application host
 * (`wasmtime-spin`) precedes the engine below it. Names of engines may have a suffix (`wasmtimed`).
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

/** Guesses the profile from the name of an unknown handler, for advice only; null if the name suggests none. */
export function resembledProfile(handler: string): HandlerProfile | null {
  const match = RESEMBLANCES.find(([, pattern]) => pattern.test(handler));
  return HANDLER_PROFILES.find(({ name }) => name === match?.[0]) ?? null;
}

/** Handlers of GPU hooks, virtual machines and sandboxes for Linux programs, as their own installers name them. */
const LINUX_ONLY: readonly string[] = ['nvidia*', 'kata*', 'runsc*', 'gvisor*', 'sysbox*', 'runc*'];

/** Reports whether an unknown handler is known not to run Wasm. */
export function isNotForWasm(handler: string): boolean {
  return LINUX_ONLY.some((pattern) => matchesGlob(pattern, handler));
}

/** Reports whether a Pod that names a class with this handler is for Linux on purpose. */
export function isLinuxHandler({ linuxHandlers }: PolicySettings, handler: string): boolean {
  return linuxHandlers.some((pattern) => matchesGlob(pattern, handler));
}
