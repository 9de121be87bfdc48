import type { Page } from '../page.ts';
import { wrap } from '../text.ts';
import type { ShownContainer } from './check-scenes.ts';
import { INDENT } from './page.ts';

function describeVerdict({ verdict }: ShownContainer): string {
  switch (verdict.kind) {
    case 'wasm':
      return `Wasm (${verdict.flavour})`;
    case 'container':
      return 'an ordinary container image';
    case 'not-a-workload':
      return verdict.what;
    case 'unknown':
      return `not known (${verdict.reason})`;
  }
}

/** What the image of a container is, and which of its fields say so. */
export function renderImage({ paint, columns }: Page, shown: ShownContainer): readonly string[] {
  const { verdict } = shown;
  const evidence = verdict.evidence.flatMap(({ field, value, meaning }) =>
    wrap(`${field} = ${value === '' ? 'nothing' : value} (${meaning})`, columns, `${INDENT}  `).split('\n'),
  );
  return [
    `${INDENT}${shown.image}`,
    `${INDENT}is ${paint(verdict.kind === 'wasm' ? 'magenta' : [], describeVerdict(shown))}`,
    ...evidence.map((line) => paint('dim', line)),
  ];
}
