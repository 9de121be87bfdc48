import { describe, expect, test } from 'vitest';
import { imagesPage } from './images-page.ts';

const page = await imagesPage();

/** Cells by row and column, without the head. */
const cells = page.split('\n').flatMap((line) => {
  if (!line.startsWith('| a') && !line.startsWith('| W') && !line.startsWith('| files')) return [];
  const [image, ...rest] = line.slice(2, -2).split(' | ');
  return rest.map((cell) => ({ image, cell }));
});

const MEASURED = new Map(
  [...page.matchAll(/^- \*\*(?<mark>[a-z])\*\* (?<run>.*)$/gm)].map(({ groups }) => [
    groups?.['mark'] ?? '',
    groups?.['run'] ?? '',
  ]),
);

describe('a cell says how it is known', () => {
  test('has a reason, and marks', () => {
    expect(cells.length).toBeGreaterThan(150);
    const odd = cells.filter(({ cell }) => !/^(?:yes|no|if|\?) <sup>\d+(?:,[a-z])*<\/sup>$/.test(cell));
    expect(odd).toEqual([]);
    // An untried handler has neither measurements nor a source.
    const unmarked = cells.filter(({ cell }) => /\d<\/sup>$/.test(cell));
    expect(unmarked.filter(({ cell }) => !cell.startsWith('?'))).toEqual([]);
  });

  test('is either measured or read', () => {
    const mixed = cells.filter(({ cell }) => /,r,|,[a-z],r</.test(cell));
    expect(mixed).toEqual([]);
  });

  test('has a mark that the legend explains', () => {
    const marks = new Set(
      cells.flatMap(({ cell }) => [...cell.matchAll(/,([a-z])/g)].map(([, mark]) => mark)),
    );
    expect(marks).toEqual(new Set([...MEASURED.keys(), 'r']));
  });

  test('has versions', () => {
    expect(
      [...MEASURED.values()].filter(
        (run) => !/^[\w ,.-]+ \d+\.\d.*, on kubelet \d.*, containerd \d/.test(run),
      ),
    ).toEqual([]);
  });
});
