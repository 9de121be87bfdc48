import { basename } from 'node:path';
import { Writable } from 'node:stream';
import type { Logger } from '../lib/logger.ts';
import { stripControlCharactersInLines } from '../lib/strip-control-characters.ts';

/** The hidden command that completes what a user has typed so far: shells run it, and kubectl for the plugin. */
export const COMPLETE_COMMAND = '__complete';

/** The parts of the process that a command may use. */
export interface Io {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The name by which the user started the program, for suggested commands (default `wasmgate`). */
  readonly program?: string;
}

/** The name under which the program was started, from wherever it is on the PATH. */
function startedAs([, path = '']: readonly string[]): string {
  return basename(path).replace(/\.[cm]?js$/, '');
}

/** kubectl runs a plugin as `kubectl-wasmgate`. */
function programOf(argv: readonly string[]): string {
  return startedAs(argv) === 'kubectl-wasmgate' ? 'kubectl wasmgate' : 'wasmgate';
}

/** Returns the arguments of the program. kubectl completes those of a plugin by another program. */
export function processArguments({ argv }: NodeJS.Process): readonly string[] {
  const args = argv.slice(2);
  return startedAs(argv) === 'kubectl_complete-wasmgate' ? [COMPLETE_COMMAND, ...args] : args;
}

/** `EXIT_CODES.failed`, whose file imports this one. */
const FAILED = 1;

/** Ends the process if its output cannot be written, such as to a full disk: what is there is not all. */
function endIfUnwritable(source: NodeJS.Process): void {
  const { stdout, stderr } = source;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    // In `wasmgate --help | head -1` the reader closes the pipe early, which is no error.
    if (error.code === 'EPIPE') return;
    const state = error.code === 'ENOSPC' ? 'no space is left on the device' : error.message;
    stderr.write(`wasmgate: Cannot write to standard output: ${state}. What was written is incomplete.\n`);
    source.exit(FAILED);
  });
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') source.exit(FAILED);
  });
}

/** Returns the process's own streams and environment. */
export function processIo(source: NodeJS.Process): Io {
  endIfUnwritable(source);
  const { stdout, stderr, env, argv } = source;
  return { stdout, stderr, env, program: programOf(argv) };
}

/** Drops what is written to standard error: notes, warnings and progress. Errors that end a command are thrown instead. */
export function withoutNotes(io: Io): Io {
  const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
  return { ...io, stderr };
}

/**
 * Prevents the runner of GitHub Actions from obeying a line, on standard error, too: it takes `::error::` for a command at the
 * start of a line, and `##[error]` anywhere (ActionCommand.cs).
 */
function defuseLine(line: string): string {
  const text = line.trimStart();
  const indent = line.slice(0, line.length - text.length);
  return (text.startsWith('::') ? `${indent}: ${text.slice(1)}` : line).replaceAll('##[', '## [');
}

/** Does so for the lines of a table, which may have colors. Wrapping may move any word of a message to the start of a line. */
export function defuseLines(text: string): string {
  return text.split('\n').map(defuseLine).join('\n');
}

/** Returns lines that are safe to print to a terminal, and in a pipeline, whatever they quote. */
export function defuse(text: string): string {
  return defuseLines(stripControlCharactersInLines(text));
}

/** Writes to standard error, without the control characters that files and servers may have put into the text. */
export function printError({ stderr }: Io, message: string, advice: string | null): void {
  const text = advice === null ? message : `${message}\n${advice}`;
  stderr.write(`${defuse(`wasmgate: ${text}`)}\n`);
}

export function printWarning(io: Io, message: string, advice: string | null = null): void {
  printError(io, `warning: ${message}`, advice);
}

function ignore(): void {}

/** Creates a logger that shows warnings and errors to the user of a command. */
export function createStderrLogger(io: Io): Logger {
  const warn = (fields: object, message: string): void =>
    printWarning(io, message, 'advice' in fields && typeof fields.advice === 'string' ? fields.advice : null);
  return { debug: ignore, info: ignore, warn, error: warn };
}
