import type { Io } from '../cli/io.ts';
import { tellWarning } from '../cli/tell.ts';
import type { Logger } from '../lib/logger.ts';

function ignore(): void {}

/** The log of a command: whoever runs it reads along. */
export function createStderrLogger(io: Io): Logger {
  const tell = (fields: object, message: string): void =>
    tellWarning(io, message, 'advice' in fields && typeof fields.advice === 'string' ? fields.advice : null);
  return { debug: ignore, info: ignore, warn: tell, error: tell };
}
