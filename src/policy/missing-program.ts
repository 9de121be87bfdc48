import { describeContainer } from './describe.ts';
import type { AssessedContainer } from './facts.ts';

/** Returns what to say of a container whose file no layer of its image has; null if it is there, or nobody looked. */
export function missingProgram(
  assessed: AssessedContainer,
): { readonly detail: string; readonly advice: string } | null {
  const { verdict, facts, container } = assessed;
  if (verdict.kind !== 'wasm' && verdict.kind !== 'container') return null;
  if (verdict.program !== 'absent') return null;
  const detail = `${describeContainer(assessed)} starts ${verdict.firstArgument ?? ''}, which is in no layer of the image and in no volume`;
  const own = facts?.variants[0].config.entrypoint?.[0];
  const isNamed = (container.command?.length ?? 0) > 0;
  return own !== undefined && isNamed
    ? { detail, advice: `Name a file of the image, or leave command out: its own entrypoint is ${own}.` }
    : { detail, advice: 'Name a file that the image has, or put the file into it.' };
}
