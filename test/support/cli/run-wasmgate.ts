import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../../src/cli/run.ts';
import { wireCommands } from '../../../src/wire/wire-commands.ts';

export const MANIFESTS = new URL('../../../manifests/', import.meta.url);

export interface WasmgateRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WasmgateOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Width of a terminal; undefined for a pipe. */
  readonly columns?: number;
  /** The folder in which the user runs it, for outputs with relative paths; default: this process's. */
  readonly folder?: string;
}

/** Runs the whole program in this process, without the user's home and logins. */
export async function runWasmgate(
  argv: readonly string[],
  { env = {}, columns, folder = process.cwd() }: WasmgateOptions = {},
): Promise<WasmgateRun> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  if (columns !== undefined) Object.assign(stdout, { isTTY: true, columns });
  const io = { stdout, stderr, env: { HOME: '/nonexistent', ...env } };
  // Reads concurrently, because an unread stream buffers only 64 KiB.
  const written = [stdout, stderr].map((stream) => text(stream));
  const exitCode = await runCli(argv, io, wireCommands({ version: '0.0.0', manifests: MANIFESTS, folder }));
  for (const stream of [stdout, stderr]) stream.end();
  const [out = '', err = ''] = await Promise.all(written);
  return { exitCode, stdout: out, stderr: err };
}
