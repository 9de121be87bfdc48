import { basename } from 'node:path';
import type { Writable } from 'node:stream';

/** What a command may read and write of its process. */
export interface Io {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the user typed to get here, for texts that tell what to type next; `wasmgate` where it is not known. */
  readonly program?: string;
}

/** kubectl runs `kubectl-wasmgate`, whatever link of that name it finds first on the PATH. */
function programOf([, path = '']: readonly string[]): string {
  const name = basename(path).replace(/\.[cm]?js$/, '');
  return name === 'kubectl-wasmgate' ? 'kubectl wasmgate' : 'wasmgate';
}

function endsQuietly(stream: Writable): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // `wasmgate --help | head -1`: the reader has seen enough, which is no fault.
    if (error.code !== 'EPIPE') throw error;
  });
}

/** The process's own streams, safe to be piped into something that stops reading. */
export function processIo(source: NodeJS.Process): Io {
  endsQuietly(source.stdout);
  endsQuietly(source.stderr);
  const { stdout, stderr, env, argv } = source;
  return { stdout, stderr, env, program: programOf(argv) };
}
