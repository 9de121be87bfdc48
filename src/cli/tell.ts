import type { Logger } from '../lib/logger.ts';
import { stripControlCharactersInLines } from '../lib/strip-control-characters.ts';
import type { Io } from './io.ts';

/** Standard output stays the answer. What is told names what stands in files and what servers said; some has several lines. */
function tell({ stderr }: Io, what: string, advice: string | null): void {
  stderr.write(`wasmgate: ${stripControlCharactersInLines(advice === null ? what : `${what}\n${advice}`)}\n`);
}

/** What could not be done, and what to do about it. */
export function tellFailure(io: Io, what: string, advice: string | null): void {
  tell(io, what, advice);
}

/** What is done all the same, but less well. */
export function tellWarning(io: Io, what: string, advice: string | null = null): void {
  tell(io, `warning: ${what}`, advice);
}

function ignore(): void {}

/** Creates a logger that shows warnings and errors to the user of a command. */
export function createStderrLogger(io: Io): Logger {
  const warn = (fields: object, message: string): void =>
    tellWarning(io, message, 'advice' in fields && typeof fields.advice === 'string' ? fields.advice : null);
  return { debug: ignore, info: ignore, warn, error: warn };
}
