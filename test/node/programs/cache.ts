import { createHash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { userCache } from '../../support/lib/user-cache.ts';

/** Enough that no two states of the sources share a folder. */
const DIGEST_LENGTH = 10;

/** What the folder of a build is named after. */
export interface BuildInputs {
  readonly name: string;
  readonly version: string;
  /** Files, and folders with all below them. */
  readonly sources: readonly string[];
  /** Anything else, such as compiler flags. */
  readonly settings: unknown;
}

/** The cache of the node's programs, shared by all checkouts. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(userCache(env), 'node');
}

/**
 * Returns the folder of what a recipe built or will build. Its name changes with the version, the sources and the settings, but not
 * with the compiler.
 */
export async function recipeFolder(
  recipe: BuildInputs,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(recipe.settings));
  for (const source of recipe.sources) {
    for (const file of await filesOf(source)) {
      hash.update(`\0${basename(source)}/${relative(source, file)}\0`).update(await readFile(file));
    }
  }
  const digest = hash.digest('hex').slice(0, DIGEST_LENGTH);
  return join(cacheFolder(env), `${recipe.name}-${recipe.version}-${digest}`);
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

/** Returns the file itself, or the files below a folder, in a fixed order. */
async function filesOf(source: string): Promise<readonly string[]> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true }).catch(() => null);
  if (entries === null) return [source];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
