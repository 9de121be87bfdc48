import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { cacheFolder, exists, recipeFolder } from './cache.ts';
import type { Recipe, Stage } from './recipes.ts';

/** Returns the recipes that the cache has no result of. */
export async function findUnbuilt(
  plan: readonly Stage[],
  env: NodeJS.ProcessEnv,
): Promise<readonly Recipe[]> {
  const recipes = plan.flat(2);
  const built = await Promise.all(recipes.map(async (recipe) => exists(await recipeFolder(recipe, env))));
  return recipes.filter((_, index) => !built[index]);
}

/**
 * Builds into the cache what it lacks of a plan, and reports when each build begins and ends. The first failure stops the other
 * builds.
 */
export async function buildRecipes(
  plan: readonly Stage[],
  env: NodeJS.ProcessEnv,
  report: (line: string) => void,
): Promise<void> {
  const started = performance.now();
  const say = (line: string): void => report(`${clock(performance.now() - started)}  ${line}`);
  const unbuilt = await findUnbuilt(plan, env);
  if (unbuilt.length === 0) return;
  const seconds = unbuilt.reduce((sum, recipe) => sum + recipe.seconds, 0);
  say(`building ${unbuilt.length} into ${cacheFolder(env)}, once; ${about(seconds)} on two cores`);
  const failure = new AbortController();
  let begun = 0;
  const buildLane = async (lane: readonly Recipe[]): Promise<void> => {
    for (const recipe of lane.filter((candidate) => unbuilt.includes(candidate))) {
      const from = performance.now();
      begun += 1;
      say(`building ${recipe.name} (${begun} of ${unbuilt.length}, ${about(recipe.seconds)})`);
      await buildRecipe(recipe, env, failure.signal);
      say(`built ${recipe.name} in ${Math.round((performance.now() - from) / 1000)} s`);
    }
  };
  try {
    for (const stage of plan) await Promise.all(stage.map(buildLane));
  } finally {
    failure.abort();
  }
}

/**
 * Builds into a folder of a temporary name, and renames it: no reader sees a part of a build. Of two concurrent builders, the later
 * one drops its equal result.
 */
async function buildRecipe(recipe: Recipe, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
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
function about(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(10, Math.round(seconds / 10) * 10)} seconds`;
  return `about ${Math.round(seconds / 60)} minutes`;
}
