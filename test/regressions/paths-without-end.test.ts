import { describe, expect, test } from 'vitest';
import type { CommandOverride } from '../../src/detect/effective-command.ts';
import { openQueries } from '../../src/detect/open-queries.ts';
import { imageFacts } from '../support/image/image-facts.ts';

const MIB = 1024 * 1024;

/** Returns the paths to look for in a Linux image that starts this file with this PATH. */
function lookedFor(file: string, path: string, override: CommandOverride = {}): readonly string[] | null {
  const config = { Entrypoint: [file], Env: [`PATH=${path}`] };
  const facts = imageFacts({ config: { os: 'linux', architecture: 'amd64', config } });
  const queries = openQueries(facts, override, 'sign')?.[0];
  const program = queries?.find(({ kind }) => kind === 'program');
  return program?.kind === 'program' ? program.paths : null;
}

/** An image's config has 4 MiB for its PATH, which was joined with a name of 4 KiB two million times. */
describe('the search in an image', () => {
  test.for<readonly [name: string, path: string, count: number]>([
    ['in its own folder and those of its PATH', '/usr/bin:/bin', 3],
    ['in no more of them than anybody has', '/:'.repeat(2 * MIB), 65],
    ['in none of a name that is none', `/${'x'.repeat(4 * MIB)}:/bin`, 2],
  ])('%s', ([, path, count]) => {
    expect(lookedFor(`${'x'.repeat(200)}.wasm`, path)).toHaveLength(count);
  });

  test('covers folders of some thousand characters in total', () => {
    const folders = Array.from({ length: 64 }, (_, index) => `${'/a'.repeat(500)}/${index}`);
    expect(lookedFor('app.wasm', folders.join(':'))).toHaveLength(5);
  });

  test('skips a name that no file can have', () => {
    expect(lookedFor(`${'x'.repeat(251)}.wasm`, '/bin')).toBeNull();
  });

  test('skips a working directory that cannot exist', () => {
    expect(lookedFor('app.wasm', '/bin', { workingDir: '/a'.repeat(MIB) })).toBeNull();
  });
});

test.for<readonly [mountPath: string, isOver: boolean]>([
  ['/usr/bin/app.wasm', true],
  ['/usr/bin', true],
  ['/usr/../usr//bin/', true],
  ['usr', true],
  ['/usr/bin/app.wasm/x', false],
  ['/usr/bi', false],
  ['/', false],
])('a volume on %s lies over /usr/bin/app.wasm: %s', ([mountPath, isOver]) => {
  const volumeMounts = [{ mountPath: '/elsewhere' }, { mountPath }];
  const found = lookedFor('/usr/bin/app.wasm', '/bin', { volumeMounts });
  expect(found).toEqual(isOver ? null : ['/usr/bin/app.wasm']);
});
