import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '../lib/processes.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Builds the bundle as the image holds it, with a package.json that marks it as a module. Returns the file to run. */
export async function buildProgram(folder: string): Promise<string> {
  await must('npm', ['run', 'build', '--silent', '--', `--outdir=${folder}`], { cwd: ROOT });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return join(folder, 'main.js');
}

/** The memory limit of the container in the Deployment, in MiB. */
const CONTAINER_MEMORY = 256;

/** How the image starts the program. */
export interface ContainerSettings {
  /** The entrypoint's, with the heap in MiB: outside a container, a percentage is of the machine. */
  readonly nodeFlags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

function withHeapInMebibytes(flag: string): string {
  const [, percent] = /^--max-old-space-size-percentage=(\d+)$/.exec(flag) ?? [];
  return percent === undefined ? flag : `--max-old-space-size=${(CONTAINER_MEMORY * Number(percent)) / 100}`;
}

/** Reads them from the Dockerfile. */
export async function readContainerSettings(): Promise<ContainerSettings> {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
  const variables = [...dockerfile.matchAll(/^ENV (\w+)=(\S+)$/gm)];
  return {
    nodeFlags: (JSON.parse(entrypoint) as string[]).slice(1, -1).map(withHeapInMebibytes),
    environment: Object.fromEntries(variables.map(([, name = '', value = '']) => [name, value])),
  };
}
