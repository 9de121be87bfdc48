import { overrideStart, type CommandOverride } from './effective-command.ts';
import type { Expansion } from './expand-variables.ts';

/** Characters: a path and some mounts. Longer ones are judged anew each time, and never looked into. */
export const LONGEST_COMMAND_KEY = 8192;

/** With its length before it no text passes for two of them; and an empty command is not the same as none. */
function part(text: string | null | undefined): string {
  return text === null || text === undefined ? '-' : `${text.length}:${text}`;
}

/** `$(NAME)` as text is not `$(NAME)` that the node resolves. */
function expandedPart(expansion: Expansion | null): string {
  return expansion?.isOpen === true ? `?${part(expansion.text)}` : part(expansion?.text);
}

/**
 * Equal for containers that start the same image in the same way, and for no others: what is kept under it serves Pods of all
 * namespaces.
 */
export function commandKey(override: CommandOverride): string {
  const { workingDir, volumeMounts } = override;
  const { command, args } = overrideStart(override);
  const mounts = volumeMounts?.map(({ mountPath }) => part(mountPath)).join('') ?? '';
  return `${expandedPart(command)}${expandedPart(args)}${part(workingDir)}${mounts}`;
}
