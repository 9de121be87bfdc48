import { describe, expect, test } from 'vitest';
import { UsageError } from '../support/cli/read-flags.ts';
import { parseOptions } from './options.ts';

describe('options of test:node', () => {
  test.each([
    [[], { kind: 'run', keep: false, record: false, install: false, files: [] }],
    [
      ['a.test.ts', '--keep'],
      { kind: 'run', keep: true, record: false, install: false, files: ['a.test.ts'] },
    ],
    [['--record', '--install'], { kind: 'run', keep: false, record: true, install: true, files: [] }],
    [['--down'], { kind: 'down' }],
    [['-h'], { kind: 'help' }],
    [['--down', '--help'], { kind: 'help' }],
  ])('%j are accepted', (args, expected) => {
    expect(parseOptions(args)).toEqual(expected);
  });

  test.each([
    [['--kep'], 'There is no flag "--kep". Did you mean "--keep"?'],
    [['-x'], 'There is no flag "-x".'],
    [['--keep=yes'], 'The flag "--keep" takes no value.'],
    [['--down', '--keep'], '--down only stops the node: it takes no other flag and no file.'],
    [['--down', 'a.test.ts'], '--down only stops the node: it takes no other flag and no file.'],
    [['--record', 'a.test.ts'], '--record runs no tests, so it takes no file.'],
  ])('%j are rejected', (args, message) => {
    expect(() => parseOptions(args)).toThrow(new UsageError(message));
  });
});
