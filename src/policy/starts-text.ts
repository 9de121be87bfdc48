import { namesWatFile } from '../detect/effective-command.ts';
import type { AssessedContainer } from './facts.ts';

/** Reports whether a Wasm container starts WebAssembly text, which no known runtime runs. */
export function startsText({ verdict }: AssessedContainer): boolean {
  return verdict.kind === 'wasm' && verdict.firstArgument !== null && namesWatFile(verdict.firstArgument);
}
