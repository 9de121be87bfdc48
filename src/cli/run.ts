import { AppError, describeError } from '../lib/errors.ts';
import { didYouMean } from '../lib/nearest-name.ts';
import type { Command } from './command.ts';
import { EXIT_CODES, type ExitCode } from './exit-codes.ts';
import { describeCommand, describeProgram } from './help.ts';
import type { Io } from './io.ts';
import { parseArguments } from './parse.ts';
import { tellFailure } from './tell.ts';
import { usageError } from './usage-error.ts';

function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.name);
  const what = name.startsWith('-') ? 'flag' : 'command';
  const known = what === 'flag' ? ['--help', '--version'] : names;
  // No letter is near a word, but this one means the same in most programs.
  const hint = name.toLowerCase() === '-v' ? ' Did you mean "--version"?' : didYouMean(name, known);
  throw usageError(`there is no ${what} "${name}".${hint}`, '');
}

/** The command lines in a text as this user types them; our name in prose and in labels is left alone. */
function asTyped(text: string, { program = 'wasmgate' }: Io, commands: readonly Command[]): string {
  const words = ['COMMAND', '--help', ...commands.map(({ name }) => name)].join('|');
  const line = new RegExp(`\\bwasmgate(?= (?:${words})(?![\\w-]))`, 'g');
  return text.replaceAll(line, program);
}

/** `wasmgate --help`, `wasmgate help`, `wasmgate help serve` and no word at all, each as the words they stand for. */
function normalise(argv: readonly string[]): readonly string[] {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return ['help'];
  if (first === '--version') return ['version', ...rest];
  return first === 'help' && rest.length > 0 ? [...rest, '--help'] : argv;
}

async function runCommand(argv: readonly string[], io: Io, commands: readonly Command[]): Promise<ExitCode> {
  const [name = '', ...args] = normalise(argv);
  if (name === 'help') {
    io.stdout.write(asTyped(describeProgram(commands, io.stdout), io, commands));
    return EXIT_CODES.ok;
  }
  const command = findCommand(name, commands);
  const input = parseArguments(args, command);
  if (input.flags.has('help')) {
    io.stdout.write(asTyped(describeCommand(command, io.stdout), io, commands));
    return EXIT_CODES.ok;
  }
  return await command.run(input, io);
}

function reportError(error: unknown, io: Io, commands: readonly Command[]): ExitCode {
  const advice = error instanceof AppError ? error.advice : null;
  const typed = (text: string): string => asTyped(text, io, commands);
  tellFailure(io, typed(describeError(error)), advice === null ? null : typed(advice));
  return error instanceof AppError && error.blame === 'input' ? EXIT_CODES.usage : EXIT_CODES.failed;
}

/**
 * The program behind `wasmgate`. It neither reads the process nor ends it: what it needs comes in, the exit code goes out.
 * @param argv the words after the program's name
 * @param commands in the order in which help lists them
 */
export async function runCli(
  argv: readonly string[],
  io: Io,
  commands: readonly Command[],
): Promise<ExitCode> {
  try {
    return await runCommand(argv, io, commands);
  } catch (error) {
    return reportError(error, io, commands);
  }
}
