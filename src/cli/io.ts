import type { Writable } from 'node:stream';

/** What a command may read and write of its process. */
export interface Io {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
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
  return { stdout: source.stdout, stderr: source.stderr, env: source.env };
}
