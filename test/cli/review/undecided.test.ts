import { expect, test } from 'vitest';
import { outputsBeside, podOf, useReviewStage } from '../../support/cli/review-stage.ts';

const stage = useReviewStage();

// The annotations of -o github do so themselves.
test.each(outputsBeside('table', 'json', 'github'))(
  '-o %s explains undecided results on standard error, with each advice once',
  async (output) => {
    // Nothing listens on the discard port.
    const away = (name: string) =>
      podOf(name, 'x').replace('REGISTRY/corpus/x', `127.0.0.1:9/corpus/${name}:1`);
    const file = await stage.write(
      'away.yaml',
      [away('a'), podOf('b', 'linux-plain'), away('c')].join('\n---\n'),
    );
    const { exitCode, stderr } = await stage.review(['-f', file, '--facts', stage.facts, '-o', output]);
    expect(exitCode).toBe(3);
    const [first, second, advice, ...rest] = stderr.split('\n');
    expect(first).toMatch(
      /^Undecided: .*away\.yaml, document 1, Pod default\/a: container "app": .*127\.0\.0\.1:9/,
    );
    expect(second).toMatch(
      /^Undecided: .*away\.yaml, document 3, Pod default\/c: container "app": .*127\.0\.0\.1:9/,
    );
    expect(advice).toMatch(/^To resolve: \S/);
    expect(rest).toEqual(['']);
  },
);

test('the table shows a container without an image', async () => {
  const file = await stage.write(
    'bare.yaml',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {containers: [{name: app}]}\n',
  );
  const { stdout } = await stage.review(['-f', file, '--facts', stage.facts]);
  expect(stdout).toContain('\n  images    app: no image\n');
});

test.each([
  ['an image', podOf('a', 'none'), [], ['images']],
  ['the classes', podOf('a', 'bk-wasi-wasm'), [], ['runtime-classes']],
  ['both', podOf('a', 'none', '  runtimeClassName: some'), [], ['images', 'runtime-classes']],
  ['what a broken manifest means', '{apiVersion: v1, kind: Pod}', ['--facts'], ['manifest']],
  ['nothing', podOf('a', 'linux-plain'), ['--facts'], []],
])('JSON lists what an undecided outcome depends on: %s', async (_case, text, flags, hangsOn) => {
  const file = await stage.write('hangs.yaml', text);
  const { items } = await stage.report(['-f', file, ...flags.flatMap((flag) => [flag, stage.facts])]);
  expect(items).toMatchObject([{ outcome: hangsOn.length === 0 ? 'admitted' : 'undecided', hangsOn }]);
});
