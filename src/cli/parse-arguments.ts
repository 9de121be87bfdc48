import { parseArgs } from 'node:util';
import { AppError } from '../lib/errors.ts';
import { didYouMean } from '../lib/nearest-name.ts';
import type { Command, Flag, ParsedArguments } from './command.ts';

export const HELP_FLAG: Flag = { name: 'help', short: 'h', description: 'Show this help.' };

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

function tokenize(args: readonly string[], flags: readonly Flag[]): readonly Token[] {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      flags.map(({ name, short, placeholder }) => [
        name,
        {
          type: placeholder === undefined ? 'boolean' : 'string',
          ...(short === undefined ? {} : { short }),
        } as const,
      ]),
    ),
    allowPositionals: true,
    // Node's errors suggest neither the nearest flag nor --help, so this module validates the flags itself.
    strict: false,
    tokens: true,
  });
  return tokens;
}

function readFlag(token: OptionToken, flag: Flag, command: Command): string | true {
  const { name, placeholder, choices } = flag;
  if (placeholder === undefined) {
    if (token.value !== undefined) throw usageError(`flag --${name} takes no value`, command.name);
    return true;
  }
  const { value } = token;
  const isNextFlag = token.inlineValue === false && value?.startsWith('--') === true;
  if (value === undefined || value === '' || isNextFlag) {
    throw usageError(`flag --${name} needs a value: --${name} ${placeholder}`, command.name);
  }
  if (choices !== undefined && !choices.includes(value)) {
    const hint = didYouMean(value, choices);
    const takes = choices.join(', ');
    throw usageError(`flag --${name} takes one of ${takes}, found "${value}".${hint}`, command.name);
  }
  return value;
}

function findFlag(token: OptionToken, flags: readonly Flag[], command: Command): Flag {
  const flag = flags.find(({ name }) => name === token.name);
  if (flag !== undefined) return flag;
  const names = flags.map(({ name }) => `--${name}`);
  throw usageError(`there is no flag "${token.rawName}".${didYouMean(token.rawName, names)}`, command.name);
}

/** @throws AppError `wrong-usage` */
export function parseArguments(args: readonly string[], command: Command): ParsedArguments {
  const known = [...command.flags, HELP_FLAG];
  const flags = new Map<string, string | true>();
  const lists = new Map<string, readonly string[]>();
  const positionals: string[] = [];
  for (const token of tokenize(args, known)) {
    if (token.kind === 'option') {
      const flag = findFlag(token, known, command);
      const value = readFlag(token, flag, command);
      flags.set(flag.name, value);
      if (flag.repeats === true && value !== true) {
        lists.set(flag.name, [...(lists.get(flag.name) ?? []), value]);
      }
    } else if (token.kind === 'positional') positionals.push(token.value);
  }
  const [extra] = positionals;
  if (extra !== undefined && command.positionals === undefined && !flags.has('help')) {
    throw usageError(`it takes no arguments, found "${extra}"`, command.name);
  }
  return { flags, lists, positionals };
}

/** Returns the value of a flag; undefined if it was not given. */
export function flagText({ flags }: ParsedArguments, name: string): string | undefined {
  const value = flags.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** Returns the value of a flag whose choices `parseArguments` has enforced; undefined if it was not given. */
export function flagChoice<Choice extends string>(
  input: ParsedArguments,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = flagText(input, name);
  return choices.find((choice) => choice === text);
}

/** Returns all values of a repeatable flag. */
export function flagTexts({ lists }: ParsedArguments, name: string): readonly string[] {
  return lists.get(name) ?? [];
}

/**
 * Creates the error for an invalid command line (exit code 2).
 * @param command whose help to point to; '' for wasmgate itself
 */
export function usageError(what: string, command: string, advice?: string): AppError<'wrong-usage'> {
  const name = command === '' ? 'wasmgate' : `wasmgate ${command}`;
  const message = command === '' ? what : `Cannot run "${name}": ${what}`;
  return new AppError('wrong-usage', message, { blame: 'input', advice: advice ?? `See: ${name} --help` });
}
