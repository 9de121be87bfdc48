import type { ImageConfig } from '../image/image-config.ts';
import type { ImageVariant } from '../image/image-facts.ts';
import { oncePer } from '../lib/once-per.ts';
import type { Container } from '../pod/pod.ts';
import { expandVariables, type Expansion } from './expand-variables.ts';
import { mountsOf, type Mounts } from './mounts.ts';

/** The fields of a container that decide what starts, over the image's ENTRYPOINT, CMD and WORKDIR. */
export type CommandOverride = Pick<Container, 'command' | 'args' | 'env' | 'workingDir' | 'volumeMounts'>;

export type CommandOrigin = 'pod.command' | 'pod.args' | 'config.Entrypoint' | 'config.Cmd' | 'none';

export interface EffectiveCommand {
  /** The first argument that the runtime gets; null if there is none. */
  readonly first: string | null;
  /** True if `first` holds a variable that only the node resolves. */
  readonly isOpen: boolean;
  /** The field that set it. */
  readonly origin: CommandOrigin;
  readonly workingDir: string;
  /** Where the Pod mounts volumes over the image's files. */
  readonly mounts: Mounts;
}

/** One manifest with its config, and the command that would start. */
export interface Subject {
  readonly variant: ImageVariant;
  readonly command: EffectiveCommand;
}

type Command = Pick<EffectiveCommand, 'first' | 'isOpen' | 'origin'>;

const NONE: Command = { first: null, isOpen: false, origin: 'none' };

const ARGUMENT_LIMITS = {
  /** Characters. Linux accepts no longer path, and every container's argument is matched some dozens of times. */
  maxLength: 4096,
  /** Characters kept of a longer one, which names no file. */
  shown: 64,
} as const;

/** The first entries of a container's `command` and `args`, expanded; null if the container has none. */
interface OverrideStart {
  readonly command: Expansion | null;
  readonly args: Expansion | null;
}

function plain(text: string | undefined): Expansion | null {
  return text === undefined ? null : { text, isOpen: false };
}

/** Cached because a container is assessed some dozens of times, and its `env` may be megabytes long. */
const expandStart = oncePer(({ command, args, env }: CommandOverride): OverrideStart => {
  const [ofCommand] = expandVariables(command?.slice(0, 1) ?? [], env);
  const [ofArgs] = expandVariables(args?.slice(0, 1) ?? [], env);
  return { command: ofCommand ?? null, args: ofArgs ?? null };
});

/** Expands the first entries of `command` and `args` as the kubelet does. */
function overrideStart(override: CommandOverride): OverrideStart {
  const command = override.command?.[0];
  const args = override.args?.[0];
  if (command?.includes('$') !== true && args?.includes('$') !== true)
    return { command: plain(command), args: plain(args) };
  return expandStart(override);
}

function fromPod(expansion: Expansion | null, origin: CommandOrigin): Command | null {
  if (expansion === null) return null;
  return { first: shorten(expansion.text), isOpen: expansion.isOpen, origin };
}

/** Returns the image's own ENTRYPOINT or CMD, in which the kubelet expands no variables. */
function fromImage(list: readonly string[] | null, origin: CommandOrigin): Command | null {
  const first = list?.[0];
  return first === undefined ? null : { first: shorten(first), isOpen: false, origin };
}

function shorten(first: string): string {
  return first.length > ARGUMENT_LIMITS.maxLength ? `${first.slice(0, ARGUMENT_LIMITS.shown)}…` : first;
}

/**
 * Applies Kubernetes' rule (kubernetes.io, "Define a Command and Arguments for a Container"): `command` replaces ENTRYPOINT and
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
 * Returns the text after the last slash. On a whole argument, which may be of any length, the patterns below would take quadratic
 * time.
 */
function fileOf(argument: string): string {
  return argument.slice(argument.lastIndexOf('/') + 1);
}

/** Matches `/app.wasm`, `/APP.WASM`, `/app.wasm#_start` (runwasi takes a function name after `#`). */
export function namesWasmFile(argument: string): boolean {
  return /\.wasm(?:#|$)/i.test(fileOf(argument));
}

/** Matches WebAssembly text. Runtimes accept its suffix, but no measured engine runs it. */
export function namesWatFile(argument: string): boolean {
  return /\.wat(?:#|$)/i.test(fileOf(argument));
}

/** Characters: a path and some mounts. Verdicts under longer keys are not cached, and their images' layers are not read. */
export const MAX_COMMAND_KEY = 8192;

/** The length prefix keeps texts apart, and an empty text differs from none. */
function part(text: string | null | undefined): string {
  return text === null || text === undefined ? '-' : `${text.length}:${text}`;
}

/** `$(NAME)` as text differs from `$(NAME)` that the node resolves. */
function expandedPart(expansion: Expansion | null): string {
  return expansion?.isOpen === true ? `?${part(expansion.text)}` : part(expansion?.text);
}

/** Returns a key that is equal for containers that start an image in the same way, and for no others, in all namespaces. */
export function commandKey(override: CommandOverride): string {
  const { workingDir, volumeMounts } = override;
  const { command, args } = overrideStart(override);
  const mounts = volumeMounts?.map(({ mountPath }) => part(mountPath)).join('') ?? '';
  return `${expandedPart(command)}${expandedPart(args)}${part(workingDir)}${mounts}`;
}
