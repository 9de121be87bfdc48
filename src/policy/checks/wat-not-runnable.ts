import { namesWatFile } from '../../detect/effective-command.ts';
import { NO_FINDINGS, type ChoiceRule } from '../check.ts';
import { describeContainer } from '../describe.ts';

export const watNotRunnable: ChoiceRule = {
  id: 'wat-not-runnable',
  why:
    'Runtimes take a .wat file for Wasm by its name, and then fail to load it: none that was tried runs WebAssembly text. ' +
    'The container ends with 137, or 1, and an empty log.',
  checks: 'The first argument of Wasm containers.',
  exempts: 'Binary modules, whatever else lies in the image.',
  example: 'An image with ENTRYPOINT ["/hello.wat"].',
  fix: 'Compile it when the image is built: wat2wasm hello.wat, or wasm-tools parse hello.wat -o hello.wasm.',
  check: ({ wasmContainers, isRunnable }) => {
    // no-runtime-class-for-image says the same and denies the Pod.
    if (isRunnable === false) return NO_FINDINGS;
    return wasmContainers.flatMap((assessed) => {
      const { container, verdict } = assessed;
      const argument = verdict.firstArgument;
      if (argument === null || !namesWatFile(argument)) return [];
      return {
        id: 'wat-not-runnable' as const,
        container: container.name,
        detail: `${describeContainer(assessed)} starts ${argument}, which is WebAssembly text: no runtime is known to run it`,
        advice: 'Compile it to a .wasm file (wat2wasm) and name that one.',
      };
    });
  },
};
