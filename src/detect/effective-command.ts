import type { ImageConfig } from '../image/image-config.ts';

/** The part of a container that overrides the image's ENTRYPOINT and CMD. */
export interface CommandOverride {
  readonly command?: readonly string[] | null;
  readonly args?: readonly string[] | null;
}

export type CommandOrigin = 'pod.command' | 'pod.args' | 'config.Entrypoint' | 'config.Cmd' | 'none';

export interface EffectiveCommand {
  /** The first argument that the runtime gets; null where nothing says. */
  readonly first: string | null;
  /** Which field said so. */
  readonly origin: CommandOrigin;
}

const NONE: EffectiveCommand = { first: null, origin: 'none' };

function firstOf(list: readonly string[] | null | undefined, origin: CommandOrigin): EffectiveCommand | null {
  const first = list?.[0];
  return first === undefined ? null : { first, origin };
}

/**
 * Kubernetes' rule (kubernetes.io, "Define a Command and Arguments for a Container"): `command` replaces ENTRYPOINT and
 * drops CMD, `args` replaces CMD. Empty lists count as absent.
 */
export function effectiveCommand(override: CommandOverride, config: ImageConfig): EffectiveCommand {
  return (
    firstOf(override.command, 'pod.command') ??
    firstOf(config.entrypoint, 'config.Entrypoint') ??
    firstOf(override.args, 'pod.args') ??
    firstOf(config.cmd, 'config.Cmd') ??
    NONE
  );
}

/** `$(NAME)` that the kubelet would expand; `$$(NAME)` is its escape (k8s.io/kubernetes third_party/forked/golang/expansion). */
export function hasVariable(text: string): boolean {
  return /\$\([^)]*\)/.test(text.replaceAll('$$', ''));
}

/** `/app.wasm`, `/APP.WASM`, `/app.wasm#_start` (runwasi takes a function name behind `#`). */
export function namesWasmFile(argument: string): boolean {
  return /\.wasm(?:#[^/]*)?$/i.test(argument);
}

/** WebAssembly text: accepted by suffix, but no measured engine runs it. */
export function namesWatFile(argument: string): boolean {
  return /\.wat(?:#[^/]*)?$/i.test(argument);
}
