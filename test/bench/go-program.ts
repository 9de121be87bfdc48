import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildProgram } from '../e2e/testbed/build-program.ts';
import { firstExecutable, whyNotBuilt } from '../e2e/testbed/find-programs.ts';
import { freePort } from '../support/lib/processes.ts';
import { userCache } from '../support/lib/user-cache.ts';
import type { Bench } from './bench-row.ts';
import type { ServerCommand } from './server-process.ts';

const NAME = 'go-webhook';
const MODULE = join(import.meta.dirname, NAME);
/** A recipe's module is relative to it. */
const TESTBED = join(import.meta.dirname, '..', 'e2e', 'testbed');

export type FoundProgram =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** The cache, shared by all checkouts, of what this source builds. */
function cacheFolder(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(MODULE).toSorted()) hash.update(readFileSync(join(MODULE, file)));
  return join(userCache(), 'bench', hash.digest('hex').slice(0, 12));
}

/** Finds the webhook in the cache, or builds it with Go. */
export async function findGoWebhook(): Promise<FoundProgram> {
  const folder = cacheFolder();
  const built = await firstExecutable([join(folder, NAME)]);
  if (built !== null) return { kind: 'found', path: built };
  const obstacle = await whyNotBuilt(process.env);
  if (obstacle !== null) return { kind: 'missing', reason: obstacle };
  const module = relative(TESTBED, MODULE);
  const recipe = { module, package: '.', linkerFlags: '' };
  return { kind: 'found', path: await buildProgram(NAME, folder, { recipe }) };
}

/** One core, as the other servers have. */
export async function goWebhook({ bundle }: Bench, path: string): Promise<ServerCommand> {
  return { command: path, args: [bundle.folder, String(await freePort())], env: { GOMAXPROCS: '1' } };
}
