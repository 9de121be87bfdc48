import type { PodRule } from '../check.ts';
import { describeContainer } from '../describe.ts';
import { takesSpinCommand } from '../facts.ts';

export const commandRequired: PodRule = {
  id: 'command-required',
  why:
    'Wasm artefacts of the CNCF layout have no entrypoint; a container without a command is then refused by' +
    ' the node ("no command specified").',
  checks: 'The effective first argument of Wasm containers.',
  exempts:
    'Images with an entrypoint, and Spin and slight applications where wasmgate gives the command itself.',
  example: 'An image pushed with wkg oci push in a container that names no command.',
  fix:
    'Give the container a command, such as command: ["app.wasm"]; any name will do, since the artefact ' +
    'holds one module.',
  check: (context) =>
    context.wasmContainers.flatMap((assessed) => {
      if (assessed.verdict.firstArgument !== null) return [];
      const isSpin = takesSpinCommand(assessed.verdict);
      if (isSpin && context.settings.spinCommand) return [];
      const command = isSpin ? '["/"]' : '["app.wasm"] (any name: the artefact holds one module)';
      return {
        id: 'command-required' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} has no entrypoint, and the container names no command`,
        advice: `Set command: ${command}.`,
      };
    }),
};
