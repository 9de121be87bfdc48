import { namePatterns, type NamePatterns } from '../pod/name-patterns.ts';
import type { PolicySettings } from './settings.ts';

/** Compiled once for each configuration: a new one takes the place of the old, and is never changed. */
const memo = new WeakMap<readonly string[], NamePatterns>();

/** Whether a Pod that names a class with this handler asks for Linux on purpose. */
export function isLinuxHandler({ linuxHandlers }: PolicySettings, handler: string): boolean {
  let patterns = memo.get(linuxHandlers);
  if (patterns === undefined) memo.set(linuxHandlers, (patterns = namePatterns(linuxHandlers)));
  return patterns(handler);
}
