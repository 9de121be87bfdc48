import type { ImageConfig } from '../image/image-config.ts';
import { expandVariables, type EnvVariable, type Expansion } from './expand-variables.ts';
import { mountsOf, type Mounts } from './mounts.ts';

/** The part of a container that says what is started, over the image's ENTRYPOINT, CMD and WORKDIR. */
export interface CommandOverride {
  readonly command?: readonly string[] | null;
  readonly args?: readonly string[] | null;
  readonly env?: readonly EnvVariable[] | null;
  readonly workingDir?: string | null;
  readonly volumeMounts?: readonly { readonly mountPath?: string }[] | null;
}

export type CommandOrigin = 'pod.command' | 'pod.args' | 'config.Entrypoint' | 'config.Cmd' | 'none';

export interface EffectiveCommand {
  /** The first argument that the runtime gets; null where nothing says. */
  readonly first: string | null;
  /** Whether `first` holds a variable that only the node resolves. */
  readonly isOpen: boolean;
  /** Which field said so. */
  readonly origin: CommandOrigin;
  readonly workingDir: string;
  /** Where the Pod puts volumes over the image's files. */
  readonly mounts: Mounts;
}

type Command = Pick<EffectiveCommand, 'first' | 'isOpen' | 'origin'>;

const NONE: Command = { first: null, isOpen: false, origin: 'none' };

const DEFAULTS = {
  /** Characters. Linux takes no longer path; and each of many containers is judged by this one, some dozens of times. */
  longestFirst: 4096,
  /** Of what is longer, and so names nothing. */
  shown: 64,
} as const;

/** The first entries of a container's `command` and `args`, expanded; null where the container has none. */
export interface OverrideStart {
  readonly command: Expansion | null;
  readonly args: Expansion | null;
}

/** A container is judged some dozens of times, and its `env` may be megabytes long. */
const expandedStarts = new WeakMap<CommandOverride, OverrideStart>();

function plain(text: string | undefined): Expansion | null {
  return text === undefined ? null : { text, isOpen: false };
}

function expandStart({ command, args, env }: CommandOverride): OverrideStart {
  const [ofCommand] = expandVariables(command?.slice(0, 1) ?? [], env);
  const [ofArgs] = expandVariables(args?.slice(0, 1) ?? [], env);
  return { command: ofCommand ?? null, args: ofArgs ?? null };
}

/** Returns what the kubelet makes of the first entries of `command` and `args`. */
export function overrideStart(override: CommandOverride): OverrideStart {
  const command = override.command?.[0];
  const args = override.args?.[0];
  if (command?.includes('$') !== true && args?.includes('$') !== true)
    return { command: plain(command), args: plain(args) };
  const start = expandedStarts.get(override) ?? expandStart(override);
  expandedStarts.set(override, start);
  return start;
}

function fromPod(expansion: Expansion | null, origin: CommandOrigin): Command | null {
  if (expansion === null) return null;
  return { first: shorten(expansion.text), isOpen: expansion.isOpen, origin };
}

/** The kubelet expands no entry of the image's own ENTRYPOINT or CMD. */
function fromImage(list: readonly string[] | null, origin: CommandOrigin): Command | null {
  const first = list?.[0];
  return first === undefined ? null : { first: shorten(first), isOpen: false, origin };
}

function shorten(first: string): string {
  return first.length > DEFAULTS.longestFirst ? `${first.slice(0, DEFAULTS.shown)}…` : first;
}

/**
 * Kubernetes' rule (kubernetes.io, "Define a Command and Arguments for a Container"): `command` replaces ENTRYPOINT and
 * drops CMD, `args` replaces CMD. Empty lists count as absent.
 */
export function effectiveCommand(override: CommandOverride, config: ImageConfig): EffectiveCommand {
  const start = overrideStart(override);
  const command =
    fromPod(start.command, 'pod.command') ??
    fromImage(config.entrypoint, 'config.Entrypoint') ??
    fromPod(start.args, 'pod.args') ??
    fromImage(config.cmd, 'config.Cmd') ??
    NONE;
  return {
    ...command,
    workingDir: override.workingDir || config.workingDir,
    mounts: mountsOf(override.volumeMounts),
  };
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
