// why    Wasm artefacts of the CNCF layout have no entrypoint; a container without a command is then refused by the node
//        ("no command specified").
// reads  the effective first argument of Wasm containers.
// allows images with an entrypoint, and Spin applications where wasmgate gives the command itself.
import { describeContainer } from '../describe.ts';
import type { Check } from '../check.ts';
import { takesSpinCommand } from '../spin-command.ts';

export const commandRequired: Check = (context) =>
  context.wasmContainers.flatMap((assessed) => {
    if (assessed.verdict.kind !== 'wasm' || assessed.verdict.firstArgument !== null) return [];
    const isSpin = takesSpinCommand(assessed.verdict);
    if (isSpin && context.settings.spinCommand) return [];
    const command = isSpin ? '["/"]' : '["app.wasm"] (any name: the artefact holds one module)';
    return {
      id: 'command-required' as const,
      container: assessed.container.name,
      detail: `${describeContainer(assessed)} has no entrypoint, and the container names no command`,
      advice: `Set command: ${command}.`,
    };
  });
