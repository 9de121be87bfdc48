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

async function readNodeFlags(): Promise<readonly string[]> {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
  return (JSON.parse(entrypoint) as string[]).slice(1, -1);
}

/** Returns the Node flags of the image's entrypoint, with the heap in MiB: outside a container, a percentage is of the machine. */
export async function readContainerNodeFlags(): Promise<readonly string[]> {
  const flags = await readNodeFlags();
  return flags.map((flag) => {
    const [, percent] = /^--max-old-space-size-percentage=(\d+)$/.exec(flag) ?? [];
    return percent === undefined
      ? flag
      : `--max-old-space-size=${(CONTAINER_MEMORY * Number(percent)) / 100}`;
  });
}
