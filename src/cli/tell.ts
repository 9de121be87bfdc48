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
