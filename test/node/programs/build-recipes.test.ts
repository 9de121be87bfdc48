import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { must } from '../../support/lib/processes.ts';
import { buildRecipes, findUnbuilt } from './build-recipes.ts';
import { cacheFolder, recipeFolder } from './cache.ts';
import type { Recipe } from './recipes.ts';

let cache: string;
let env: NodeJS.ProcessEnv;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'node-programs-'));
  env = { ...process.env, XDG_CACHE_HOME: cache };
});
afterEach(async () => rm(cache, { recursive: true }));

const recipe = (name: string, build: Recipe['build']): Recipe => ({
  name,
  version: '1',
  sources: [],
  settings: null,
  tools: [],
  seconds: 150,
  build,
});
const writing = (name: string): Recipe =>
  recipe(name, ({ folder }) => writeFile(join(folder, name), 'built'));

test('builds what the cache lacks, and only that', async () => {
  const first = writing('first');
  const second = recipe('second', async ({ folder, folderOf }) => {
    const text = await readFile(join(await folderOf(first), 'first'), 'utf8');
    await writeFile(join(folder, 'second'), `${text} from first`);
  });
  const plan = [[[first]], [[second]]];
  const lines: string[] = [];
  await buildRecipes([[[first]]], env, () => {});
  await buildRecipes(plan, env, (line) => void lines.push(line));
  expect(lines.map((line) => line.replace(/^\d+:\d\d {2}/, '').replace(/\d+ s$/, 'N s'))).toEqual([
    `building 1 into ${cacheFolder(env)}, once; about 3 minutes on two cores`,
    'building second (1 of 1, about 3 minutes)',
    'built second in N s',
  ]);
  expect(await findUnbuilt(plan, env)).toEqual([]);
  expect(await readFile(join(await recipeFolder(second, env), 'second'), 'utf8')).toBe('built from first');
});

test('stops other builds after a failure, and keeps nothing of them', async () => {
  const slow = recipe('slow', async ({ folder, signal }) => {
    await writeFile(join(folder, 'half'), '');
    await must('sleep', ['600'], { signal });
  });
  const failing = recipe('failing', () => Promise.reject(new Error('Cannot compile')));
  await expect(buildRecipes([[[writing('good')], [slow], [failing]]], env, () => {})).rejects.toThrow(
    'Cannot compile',
  );
  await expect.poll(() => readdir(cacheFolder(env))).toEqual([expect.stringMatching(/^good-1-/)]);
});

test('lets two builders of the same program both succeed', async () => {
  const plan = [[[writing('same')]]];
  await Promise.all([buildRecipes(plan, env, () => {}), buildRecipes(plan, env, () => {})]);
  expect(await readdir(cacheFolder(env))).toEqual([expect.stringMatching(/^same-1-/)]);
});
