import type { PodRule } from '../check.ts';
import { describeContainer } from '../describe.ts';
import { takesSpinCommand } from '../facts.ts';

export const commandRequired: PodRule = {
  id: 'command-required',
  why:
    'Wasm artifacts in the CNCF layout have no entrypoint. Without a command, the container ends in ' +
    'CreateContainerError: `failed to generate spec: no command specified`.',
  checks: 'The effective first argument of Wasm containers.',
  exempts: 'Images with an entrypoint; Spin and slight applications, unless policy.spinCommand is false.',
  example: 'An image pushed with wkg oci push, in a container without a command.',
  fix: 'Set a command, such as command: ["app.wasm"]. Any name will do, because the artifact holds one module.',
  check: (context) =>
    context.wasmContainers.flatMap((assessed) => {
      if (assessed.verdict.firstArgument !== null) return [];
      const isSpin = takesSpinCommand(assessed.verdict);
      if (isSpin && context.settings.spinCommand) return [];
      const command = isSpin ? '["/"]' : '["app.wasm"] (any name: the artifact holds one module)';
      return {
        id: 'command-required' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} has no entrypoint and no command`,
        advice: `Set command: ${command}.`,
      };
    }),
};
