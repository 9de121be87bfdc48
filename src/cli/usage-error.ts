import { AppError } from '../lib/errors.ts';

/** A command line that cannot be meant; exit code 2. `command` tells whose help to point to; '' for wasmgate itself. */
export function usageError(what: string, command: string, advice?: string): AppError<'wrong-usage'> {
  const name = command === '' ? 'wasmgate' : `wasmgate ${command}`;
  const message = command === '' ? what : `Cannot run "${name}": ${what}`;
  return new AppError('wrong-usage', message, { blame: 'input', advice: advice ?? `See: ${name} --help` });
}
