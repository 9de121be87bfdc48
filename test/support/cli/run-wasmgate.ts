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
  /** Makes standard output a terminal of this width. */
  readonly columns?: number;
}

/** The whole program with all its parts, in this process; nobody's home, nobody's logins. */
export async function runWasmgate(
  argv: readonly string[],
  { env = {}, columns }: WasmgateOptions = {},
): Promise<WasmgateRun> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  if (columns !== undefined) Object.assign(stdout, { isTTY: true, columns });
  const io = { stdout, stderr, env: { HOME: '/nonexistent', ...env } };
  // A stream that nobody reads keeps 64 KiB, and the rest would be missing.
  const written = [stdout, stderr].map((stream) => text(stream));
  const exitCode = await runCli(argv, io, wireCommands({ version: '0.0.0', manifests: MANIFESTS }));
  for (const stream of [stdout, stderr]) stream.end();
  const [out = '', err = ''] = await Promise.all(written);
  return { exitCode, stdout: out, stderr: err };
}
