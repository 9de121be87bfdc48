import { AppError } from '../errors.ts';

/** A command line that cannot be meant; exit code 2. `command` tells whose help to point to; '' for wasmgate itself. */
export function usageError(what: string, command: string): AppError<'wrong-usage'> {
  const name = command === '' ? 'wasmgate' : `wasmgate ${command}`;
  return new AppError('wrong-usage', `Cannot run "${name}": ${what}`, {
    blame: 'input',
    advice: `See: ${name} --help`,
  });
}
