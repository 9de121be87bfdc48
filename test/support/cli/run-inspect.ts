import { PassThrough } from 'node:stream';
import { inspectCommand } from '../../../src/cli/inspect/inspect.ts';
import { runCli } from '../../../src/cli/run.ts';
import { wireInspect } from '../../../src/wire/wire-inspect.ts';

export interface InspectRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface InspectOptions {
  /** Replaces the environment of this process, so that no logins of the user are found. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Width of a terminal; undefined for a pipe. */
  readonly columns?: number;
}

/** Runs `wasmgate inspect …` in this process, with all its real parts. */
export async function runInspect(
  argv: readonly string[],
  { env = {}, stdin = '', columns }: InspectOptions = {},
): Promise<InspectRun> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  if (columns !== undefined) Object.assign(stdout, { isTTY: true, columns });
  const command = inspectCommand(() =>
    Promise.resolve({ ...wireInspect(), readInput: () => Promise.resolve(stdin) }),
  );
  const exitCode = await runCli(['inspect', ...argv], { stdout, stderr, env }, [command]);
  const read = (stream: PassThrough): string => String(stream.read() ?? '');
  return { exitCode, stdout: read(stdout), stderr: read(stderr) };
}
