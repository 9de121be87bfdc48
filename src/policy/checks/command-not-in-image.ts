import type { ChoiceRule } from '../check.ts';
import { describeMissingProgram } from '../describe.ts';

export const commandNotInImage: ChoiceRule = {
  id: 'command-not-in-image',
  why:
    'If the file that a container starts does not exist, the container ends in StartError. Wasm shims report ' +
    "`wasmtime executor can't handle spec`, crun `executable file not found in $PATH`, runc `no such file or " +
    'directory`; none names the image.',
  checks: 'The effective first argument, and the layers of the image if wasmgate read them completely.',
  exempts:
    'Files that a volume may bring, files named by a variable, and images whose layers wasmgate did not read ' +
    'completely.',
  example: 'A Wasm image with an /app.wasm in a container with command: ["/main.wasm"].',
  fix: "Correct the path in command, or remove command to start the image's own entrypoint.",
  check: ({ containers, isRunnable }) =>
    containers.flatMap((assessed) => {
      // no-runtime-class-for-image reports this and denies the Pod.
      const isDenied = assessed.verdict.kind === 'wasm' && isRunnable === false;
      const missing = isDenied ? null : describeMissingProgram(assessed);
      if (missing === null) return [];
      return { id: 'command-not-in-image' as const, container: assessed.container.name, ...missing };
    }),
};
