import { AppError, describeError } from '../lib/errors.ts';
import { didYouMean } from '../lib/nearest-name.ts';
import { EXIT_CODES, type Command, type ExitCode } from './command.ts';
import { describeCommand, describeProgram } from './help.ts';
import { printError, type Io } from './io.ts';
import { parseArguments, usageError } from './parse-arguments.ts';

function findCommand(name: string, commands: readonly Command[]): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = commands.filter(({ isHidden }) => isHidden !== true).map((candidate) => candidate.name);
  const what = name.startsWith('-') ? 'flag' : 'command';
  const known = what === 'flag' ? ['--help', '--version'] : names;
  // Not a near name, but many programs use -v for the version.
  const hint = name.toLowerCase() === '-v' ? ' Did you mean "--version"?' : didYouMean(name, known);
  throw usageError(`there is no ${what} "${name}".${hint}`, '');
}

/** Replaces `wasmgate` in command lines, but not in prose or labels, by what the user typed. */
function asTyped(text: string, { program = 'wasmgate' }: Io, commands: readonly Command[]): string {
  const words = ['COMMAND', '--help', ...commands.map(({ name }) => name)].join('|');
  const line = new RegExp(`\\bwasmgate(?= (?:${words})(?![\\w-]))`, 'g');
  return text.replaceAll(line, program);
}

/** Rewrites `--help`, `--version`, `help COMMAND` and an empty command line as commands. */
function normalize(argv: readonly string[]): readonly string[] {
  const [first, ...rest] = argv;
  if (first === undefined || first === '--help' || first === '-h') return ['help'];
  if (first === '--version') return ['version', ...rest];
  return first === 'help' && rest.length > 0 ? [...rest, '--help'] : argv;
}

async function runCommand(argv: readonly string[], io: Io, commands: readonly Command[]): Promise<ExitCode> {
  const [name = '', ...args] = normalize(argv);
  if (name === 'help') {
    io.stdout.write(asTyped(describeProgram(commands, io), io, commands));
    return EXIT_CODES.ok;
  }
  const command = findCommand(name, commands);
  if (command.isHidden === true)
    return command.run({ flags: new Map(), lists: new Map(), positionals: args }, io);
  const input = parseArguments(args, command);
  if (input.flags.has('help')) {
    io.stdout.write(asTyped(describeCommand(command, io), io, commands));
    return EXIT_CODES.ok;
  }
  return await command.run(input, io);
}

function reportError(error: unknown, io: Io, commands: readonly Command[]): ExitCode {
  const advice = error instanceof AppError ? error.advice : null;
  const typed = (text: string): string => asTyped(text, io, commands);
  printError(io, typed(describeError(error)), advice === null ? null : typed(advice));
  return error instanceof AppError && error.blame === 'input' ? EXIT_CODES.usage : EXIT_CODES.failed;
}

/**
 * Runs the program `wasmgate`. Neither reads nor ends the process.
 * @param argv the arguments after the program's name
 * @param commands in the order in which help lists them
 * @returns the exit code
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
