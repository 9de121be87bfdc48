import type { PodRule } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';

const PROGRAMS = { elf: 'a Linux program', script: 'a script' } as const;

function judge(assessed: AssessedContainer): Pick<Finding, 'detail' | 'advice' | 'consequence'> | null {
  const { verdict } = assessed;
  if (verdict.kind === 'container' && verdict.claimsWasm === true) {
    const { program, firstArgument } = verdict;
    const what = program === 'elf' || program === 'script' ? PROGRAMS[program] : 'not Wasm';
    return {
      detail: `${describeContainer(assessed)} starts ${firstArgument ?? ''}, ${what} despite its name or platform: it runs as an ordinary container`,
      advice: 'Add the .wasm file to the image, or build it for Linux.',
      consequence: 'advice',
    };
  }
  if (verdict.kind !== 'wasm' || verdict.program !== 'other' || verdict.shape !== null) return null;
  return {
    detail: `${describeContainer(assessed)} starts ${verdict.firstArgument ?? 'a layer'}, which is neither Wasm nor a Linux program`,
    advice: 'Check the file: it may be a Git LFS pointer, WebAssembly text or compressed.',
    consequence: 'cannot-start',
  };
}

export const fileNotWasm: PodRule = {
  id: 'file-not-wasm',
  why:
    "Engines decide by a file's first bytes. A .wasm file that is something else ends in StartError, `wasmtime " +
    "executor can't handle spec`; a Linux program in an image for a Wasm platform runs as an ordinary container.",
  checks: 'The first bytes of the file that a container starts, in images with a sign of Wasm.',
  exempts: 'Modules, components and WebAssembly text (see wat-not-runnable); ordinary images.',
  example: 'An image for wasi/wasm whose /app.wasm is a Git LFS pointer.',
  fix: 'Add the compiled module or component to the image.',
  check: ({ containers }) =>
    containers.flatMap((assessed) => {
      const judged = judge(assessed);
      if (judged === null) return [];
      return { id: 'file-not-wasm' as const, container: assessed.container.name, ...judged };
    }),
};
