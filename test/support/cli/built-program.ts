import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '../lib/processes.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Builds the program as the image has it: the bundle, and what marks it as a module. Returns the file to run. */
export async function buildProgram(folder: string): Promise<string> {
  await must('npm', ['run', 'build', '--silent', '--', `--outdir=${folder}`], { cwd: ROOT });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return join(folder, 'main.js');
}

/** Returns the flags that the image gives Node before the program's name. */
export async function readNodeFlags(): Promise<readonly string[]> {
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(dockerfile) ?? [];
  return (JSON.parse(entrypoint) as string[]).slice(1, -1);
}
