import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '../lib/errors.ts';
import type { KeychainLimits } from './keychain-limits.ts';

export type ProgramErrorCode = 'no-program' | 'program-failed';
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin: string;
  readonly env: Environment;
}

export interface ProgramOutput {
  /** Null where a signal ended it. */
  readonly code: number | null;
  /** May hold a secret, in whatever the program ended with. */
  readonly stdout: string;
}

/** How a program that was no success ended, to follow its name. */
export function describeEnd({ code }: ProgramOutput): string {
  return code === null ? 'was ended by a signal' : `ends with exit code ${code}`;
}

function failure(program: string, state: string): AppError<ProgramErrorCode> {
  return new AppError('program-failed', `Cannot run "${program}": ${state}`);
}

function notStarted(program: string, cause: Error): AppError<ProgramErrorCode> {
  const isMissing = 'code' in cause && cause.code === 'ENOENT';
  return isMissing
    ? new AppError('no-program', `Cannot run "${program}": there is no such program`, {
        advice: 'Install it, or name the folder it lies in in PATH.',
      })
    : new AppError('program-failed', `Cannot run "${program}": it cannot be started`, { cause });
}

/** Standard error goes nowhere: what programs print there may hold a secret, and a prompt has nobody to answer it. */
function start({ program, args, env }: ProgramCall): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(program, [...args], { env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
}

/**
 * Runs a program that answers on standard output and waits for it no longer, and reads no more, than the limits say.
 * @throws AppError with a `ProgramErrorCode`, in which nothing of the program's output stands
 */
export async function runProgram(
  call: ProgramCall,
  limits: Pick<KeychainLimits, 'programMilliseconds' | 'programBytes'>,
): Promise<ProgramOutput> {
  const { program } = call;
  const { promise, resolve, reject } = Promise.withResolvers<ProgramOutput>();
  const child = start(call);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const giveUp = (state: string): void => {
    child.kill('SIGKILL');
    // A grandchild may hold the other end for as long as it likes.
    child.stdout.destroy();
    reject(failure(program, state));
  };
  const timer = setTimeout(
    () => giveUp(`no answer in ${limits.programMilliseconds} ms`),
    limits.programMilliseconds,
  );
  child.once('error', (cause) => reject(notStarted(program, cause)));
  child.once('close', (code) => resolve({ code, stdout: Buffer.concat(chunks).toString('utf8') }));
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > limits.programBytes) giveUp(`it prints more than ${limits.programBytes} bytes`);
    else chunks.push(chunk);
  });
  // A program that does not read its input says what it has to say by its exit code.
  child.stdin.once('error', () => undefined);
  child.stdin.end(call.stdin);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
