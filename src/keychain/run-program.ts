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
  /** Null if a signal ended the program. */
  readonly code: number | null;
  /** May hold a secret, whatever the exit code. */
  readonly stdout: string;
}

/** Describes an unsuccessful end, to follow the program's name. */
export function describeEnd({ code }: ProgramOutput): string {
  return code === null ? 'was killed by a signal' : `failed with exit code ${code}`;
}

function failure(program: string, state: string): AppError<ProgramErrorCode> {
  return new AppError('program-failed', `Cannot run "${program}": ${state}`);
}

function notStarted(program: string, cause: Error): AppError<ProgramErrorCode> {
  const isMissing = 'code' in cause && cause.code === 'ENOENT';
  return isMissing
    ? new AppError('no-program', `Cannot run "${program}": there is no such program`, {
        advice: 'Install it, or add its folder to PATH.',
      })
    : new AppError('program-failed', `Cannot run "${program}": it does not start`, { cause });
}

/** Discards standard error, which may hold a secret. */
function start({ program, args, env }: ProgramCall): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(program, [...args], { env: { ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
}

/**
 * Runs a program within limits on its time and its standard output.
 * @throws AppError with a `ProgramErrorCode`, which quotes none of the program's output
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
    // A grandchild may keep the pipe open.
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
  // A program may exit without reading its input; its exit code then counts.
  child.stdin.once('error', () => undefined);
  child.stdin.end(call.stdin);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
