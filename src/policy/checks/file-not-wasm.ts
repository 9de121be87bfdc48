import type { PodRule } from '../check.ts';
import type { Finding } from '../decision.ts';
import { describeContainer } from '../describe.ts';
import type { AssessedContainer } from '../facts.ts';

const PROGRAMS = { elf: 'a Linux program', script: 'a script' } as const;

function judge(assessed: AssessedContainer): Pick<Finding, 'detail' | 'advice' | 'consequence'> | null {
  const { verdict } = assessed;
  if (verdict.kind === 'container' && verdict.claimsWasm === true) {
    const { program, firstArgument } = verdict;
    const what = program === 'elf' || program === 'script' ? PROGRAMS[program] : 'no Wasm file';
    return {
      detail: `${describeContainer(assessed)} starts ${firstArgument ?? ''}, which is ${what} although the image's platform or the file's name says Wasm: it runs as an ordinary container`,
      advice:
        'Put the .wasm file into the image if this is meant to be Wasm, or build the image for a Linux platform.',
      consequence: 'advice',
    };
  }
  if (verdict.kind !== 'wasm' || verdict.program !== 'other' || verdict.shape !== null) return null;
  return {
    detail: `${describeContainer(assessed)} starts ${verdict.firstArgument ?? 'a layer'}, whose first bytes are neither those of a Wasm file nor of a Linux program`,
    advice:
      'Check how the file got into the image: it may be a Git LFS pointer, WebAssembly text, or compressed.',
    consequence: 'cannot-start',
  };
}

export const fileNotWasm: PodRule = {
  id: 'file-not-wasm',
  why:
    "Engines go by a file's first bytes: a .wasm file that is something else ends in can't handle spec, and a Linux program in " +
    'an image for a Wasm platform runs as an ordinary container.',
  checks: 'The first bytes of the file that a container starts, in images with a sign of Wasm.',
  exempts: 'Modules, components and WebAssembly text, of which wat-not-runnable speaks; ordinary images.',
  example: 'An image for wasi/wasm whose /app.wasm is a Git LFS pointer.',
  fix: 'Put the compiled module or component into the image.',
  check: ({ containers }) =>
    containers.flatMap((assessed) => {
      const judged = judge(assessed);
      if (judged === null) return [];
      return { id: 'file-not-wasm' as const, container: assessed.container.name, ...judged };
    }),
};
