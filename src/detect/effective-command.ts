import type { ImageConfig } from '../image/image-config.ts';

/** The part of a container that says what is started, over the image's ENTRYPOINT, CMD and WORKDIR. */
export interface CommandOverride {
  readonly command?: readonly string[] | null;
  readonly args?: readonly string[] | null;
  readonly workingDir?: string | null;
  readonly volumeMounts?: readonly { readonly mountPath?: string }[] | null;
}

export type CommandOrigin = 'pod.command' | 'pod.args' | 'config.Entrypoint' | 'config.Cmd' | 'none';

export interface EffectiveCommand {
  /** The first argument that the runtime gets; null where nothing says. */
  readonly first: string | null;
  /** Which field said so. */
  readonly origin: CommandOrigin;
  readonly workingDir: string;
  /** Where the Pod puts volumes over the image's files. */
  readonly mountPaths: readonly string[];
}

type Command = Pick<EffectiveCommand, 'first' | 'origin'>;

const NONE: Command = { first: null, origin: 'none' };
const NO_MOUNTS: readonly string[] = [];

const DEFAULTS = {
  /** Characters. Linux takes no longer path; and each of many containers is judged by this one, some dozens of times. */
  longestFirst: 4096,
  /** Of what is longer, and so names nothing. */
  shown: 64,
} as const;

function firstOf(list: readonly string[] | null | undefined, origin: CommandOrigin): Command | null {
  const first = list?.[0];
  if (first === undefined) return null;
  return {
    first: first.length > DEFAULTS.longestFirst ? `${first.slice(0, DEFAULTS.shown)}…` : first,
    origin,
  };
}

/**
 * Kubernetes' rule (kubernetes.io, "Define a Command and Arguments for a Container"): `command` replaces ENTRYPOINT and
 * drops CMD, `args` replaces CMD. Empty lists count as absent.
 */
export function effectiveCommand(override: CommandOverride, config: ImageConfig): EffectiveCommand {
  const command =
    firstOf(override.command, 'pod.command') ??
    firstOf(config.entrypoint, 'config.Entrypoint') ??
    firstOf(override.args, 'pod.args') ??
    firstOf(config.cmd, 'config.Cmd') ??
    NONE;
  return {
    ...command,
    workingDir: override.workingDir || config.workingDir,
    mountPaths: override.volumeMounts?.flatMap(({ mountPath }) => mountPath ?? []) ?? NO_MOUNTS,
  };
}

/** `$(NAME)` that the kubelet would expand; `$$(NAME)` is its escape (k8s.io/kubernetes third_party/forked/golang/expansion). */
export function hasVariable(text: string): boolean {
  const unescaped = text.replaceAll('$$', '');
  const start = unescaped.indexOf('$(');
  return start >= 0 && unescaped.includes(')', start);
}

/**
 * Behind the last slash: on a whole argument, which Pods and images make as long as they like, the patterns below would try
 * each `#` with all that follows.
 */
function fileOf(argument: string): string {
  return argument.slice(argument.lastIndexOf('/') + 1);
}

/** `/app.wasm`, `/APP.WASM`, `/app.wasm#_start` (runwasi takes a function name behind `#`). */
export function namesWasmFile(argument: string): boolean {
  return /\.wasm(?:#|$)/i.test(fileOf(argument));
}

/** WebAssembly text: accepted by suffix, but no measured engine runs it. */
export function namesWatFile(argument: string): boolean {
  return /\.wat(?:#|$)/i.test(fileOf(argument));
}
