import { matchesGlob } from '../../lib/matches-glob.ts';
import type { PolicySettings } from '../settings.ts';

/** Whether a Pod that names a class with this handler asks for Linux on purpose. */
export function isLinuxHandler({ linuxHandlers }: PolicySettings, handler: string): boolean {
  return linuxHandlers.some((pattern) => matchesGlob(pattern, handler));
}
