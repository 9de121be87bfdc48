import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { cacheFolder, exists, recipeFolder } from './cache.ts';
import { LANES, LAST, type Recipe, type RecipeName, RECIPES } from './recipes.ts';

/** Returns the recipes that the cache has nothing of. */
export async function findUnbuilt(env: NodeJS.ProcessEnv): Promise<readonly RecipeName[]> {
  const names = [...LANES.flat(), ...LAST];
  const built = await Promise.all(names.map(async (name) => exists(await recipeFolder(RECIPES[name], env))));
  return names.filter((_, index) => !built[index]);
}

/** Builds recipes into the cache, and prints a line when each begins and ends. The first failure stops the others. */
export async function buildRecipes(names: readonly RecipeName[], env: NodeJS.ProcessEnv): Promise<void> {
  const started = performance.now();
  const say = (line: string): void => {
    process.stderr.write(`programs of the node: ${clock(performance.now() - started)}  ${line}\n`);
  };
  const seconds = names.reduce((sum, name) => sum + RECIPES[name].seconds, 0);
  say(`building ${names.length} into ${cacheFolder(env)}, once; ${about(seconds)} on two cores`);
  const failure = new AbortController();
  let begun = 0;
  const buildLane = async (lane: readonly RecipeName[]): Promise<void> => {
    for (const name of lane.filter((recipe) => names.includes(recipe))) {
      const from = performance.now();
      begun += 1;
      say(`building ${name} (${begun} of ${names.length}, ${about(RECIPES[name].seconds)})`);
      await buildRecipe(RECIPES[name], env, failure.signal);
      say(`built ${name} in ${Math.round((performance.now() - from) / 1000)} s`);
    }
  };
  try {
    await Promise.all(LANES.map(buildLane));
    await buildLane(LAST);
  } finally {
    failure.abort();
  }
}

/**
 * Builds into a folder of a temporary name, and renames it: no reader sees a part of a build. Of two concurrent builders, the later
 * one drops its equal result.
 */
async function buildRecipe(recipe: Recipe, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const target = await recipeFolder(recipe, env);
  const folder = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    await recipe.build({ folder, env, signal, folderOf: (other) => recipeFolder(other, env) });
    await rename(folder, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Rounds to what a build time is worth: "about 40 seconds", "about 3 minutes". */
export function about(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(10, Math.round(seconds / 10) * 10)} seconds`;
  return `about ${Math.round(seconds / 60)} minutes`;
}
