import type { Logger } from '../lib/logger.ts';

/** A log that tells whether anybody reads a level, so that the hot path builds nothing for nobody. */
export interface ServerLogger extends Logger {
  readonly isLevelEnabled: (level: 'debug') => boolean;
}
