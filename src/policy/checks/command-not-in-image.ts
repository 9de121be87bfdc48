import type { ChoiceRule } from '../check.ts';
import { describeMissingProgram } from '../describe.ts';

export const commandNotInImage: ChoiceRule = {
  id: 'command-not-in-image',
  why:
    "A container whose file is missing never starts: the Wasm shims answer can't handle spec, other runtimes no such file or " +
    'directory, and neither names the image.',
  checks: 'The effective first argument, and the layers of the image if wasmgate read them to their end.',
  exempts:
    'Files that a volume may bring, files behind a variable, and images whose layers were not read to their end.',
  example: 'A Wasm image with an /app.wasm in a container with command: ["/main.wasm"].',
  fix: "Correct the path in command, or leave it out and the image's own entrypoint is started.",
  check: ({ containers, isRunnable }) =>
    containers.flatMap((assessed) => {
      // no-runtime-class-for-image says the same and denies the Pod.
      const isDenied = assessed.verdict.kind === 'wasm' && isRunnable === false;
      const missing = isDenied ? null : describeMissingProgram(assessed);
      if (missing === null) return [];
      return { id: 'command-not-in-image' as const, container: assessed.container.name, ...missing };
    }),
};
