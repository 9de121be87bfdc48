import { parseArgs } from 'node:util';
import { didYouMean } from '../lib/nearest-name.ts';
import type { Command, Flag, ParsedArguments } from './command.ts';
import { usageError } from './usage-error.ts';

/** Every command has it. */
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
    // Its own errors name neither the nearest flag nor the help; strictness is ours.
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
  const looksLikeFlag = token.inlineValue === false && value?.startsWith('--') === true;
  if (value === undefined || value === '' || looksLikeFlag) {
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
    throw usageError(`it takes no argument, found "${extra}"`, command.name);
  }
  return { flags, lists, positionals };
}

/** The text of a flag with a value; undefined where it was not given. */
export function flagText({ flags }: ParsedArguments, name: string): string | undefined {
  const value = flags.get(name);
  return typeof value === 'string' ? value : undefined;
}

/** One of the choices that the flag declares, and `parseArguments` insists on; undefined where it was not given. */
export function flagChoice<Choice extends string>(
  input: ParsedArguments,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = flagText(input, name);
  return choices.find((choice) => choice === text);
}

/** Every text of a flag that repeats. */
export function flagTexts({ lists }: ParsedArguments, name: string): readonly string[] {
  return lists.get(name) ?? [];
}
