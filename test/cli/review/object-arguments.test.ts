import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTarget, type TargetArguments } from '../../../src/cli/review/object-arguments.ts';

const cwd = process.cwd();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-arguments-'));
  await writeFile(join(folder, 'pods'), '');
  await writeFile(join(folder, 'web'), '');
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(cwd);
  await rm(folder, { recursive: true });
});

const NOTHING: TargetArguments = {
  filenames: [],
  positionals: [],
  isLive: true,
  isAllNamespaces: false,
  selector: undefined,
};

function read(positionals: readonly string[], more: Partial<TargetArguments> = {}) {
  return readTarget({ ...NOTHING, positionals, ...more });
}

describe('with --live', () => {
  test.each([
    [['app.yaml'], ['app.yaml']],
    [['./web/app'], ['./web/app']],
    [['-'], ['-']],
    [
      ['web', 'other'],
      ['web', 'other'],
    ],
  ])('%j are files', (positionals, paths) => {
    expect(read(positionals)).toEqual({ kind: 'files', paths, lookalikes: [] });
  });

  test('a file wins over a type, and is noted', () => {
    expect(read(['pods'])).toEqual({ kind: 'files', paths: ['pods'], lookalikes: ['pods'] });
  });

  test('a name may be that of a file', () => {
    const queries = [{ type: 'deployment', names: ['web'] }];
    expect(read(['deployment', 'web'])).toEqual({ kind: 'objects', queries });
  });

  test.each([
    ['both -f and an object', ['deployment/app'], { filenames: ['a.yaml'] }, 'but not both'],
    ['several types with a name', ['deploy,sts/app'], {}, 'with a name, name one'],
    [
      'a selector for files',
      ['web'],
      { selector: 'app=web' },
      'flag --selector selects objects of a cluster',
    ],
    ['all namespaces for -f', [], { filenames: ['web'], isAllNamespaces: true }, 'flag --all-namespaces'],
    ['nothing', [], {}, 'TYPE/NAME'],
  ])('%s is an error', (_case, positionals, more, message) => {
    expect(() => read(positionals, more)).toThrow(message);
  });
});

test('without --live, every argument is a file, and another one is an error that names the flag', () => {
  expect(read(['web'], { isLive: false })).toEqual({ kind: 'files', paths: ['web'], lookalikes: [] });
  expect(() => read(['deployment/app'], { isLive: false })).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('there is no file "deployment/app"') as string,
      advice: 'If it is an object of the cluster, add --live.',
    }),
  );
});
