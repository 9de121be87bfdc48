import { homedir } from 'node:os';
import { join } from 'node:path';

/** Returns the folder of what tests build once for all checkouts: `wasmgate` in the user's cache, as XDG defines it. */
export function userCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasmgate');
}
