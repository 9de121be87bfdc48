import { namesWatFile } from '../../detect/effective-command.ts';
import { NO_FINDINGS, type ChoiceRule } from '../check.ts';
import { describeContainer } from '../describe.ts';

export const watNotRunnable: ChoiceRule = {
  id: 'wat-not-runnable',
  why:
    'Runtimes take a .wat file for Wasm because of its name and then fail to load it; none that was tested runs ' +
    'WebAssembly text. Under a shim, the container ends with exit code 137 and an empty log; under crun, with exit ' +
    "code 1 and the engine's error in its log.",
  checks: 'The first argument of Wasm containers.',
  exempts: 'Binary modules, whatever else is in the image.',
  example: 'An image with ENTRYPOINT ["/hello.wat"].',
  fix: 'Compile the text when you build the image: wat2wasm hello.wat, or wasm-tools parse hello.wat -o hello.wasm.',
  check: ({ wasmContainers, isRunnable }) => {
    // no-runtime-class-for-image reports this and denies the Pod.
    if (isRunnable === false) return NO_FINDINGS;
    return wasmContainers.flatMap((assessed) => {
      const { container, verdict } = assessed;
      const argument = verdict.firstArgument;
      if (argument === null || !namesWatFile(argument)) return [];
      return {
        id: 'wat-not-runnable' as const,
        container: container.name,
        detail: `${describeContainer(assessed)} starts ${argument}, which is WebAssembly text and no runtime is known to run`,
        advice: 'Compile it to a .wasm file (wat2wasm) and start that.',
      };
    });
  },
};
