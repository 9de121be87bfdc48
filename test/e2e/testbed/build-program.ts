import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Recipe } from './programs.ts';

/**
 * Builds one program into `folder`. Go writes to a temporary name, and the finished file is renamed: no reader sees half a
 * program, and of two concurrent builders the later one replaces a program with its equal.
 */
export async function buildProgram(
  name: string,
  folder: string,
  { recipe, env = process.env }: { readonly recipe: Recipe; readonly env?: NodeJS.ProcessEnv },
): Promise<string> {
  const target = join(folder, name);
  const draft = join(folder, `.${name}.${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  const start = performance.now();
  progress(`building ${name} (once; all of the test servers take about seven minutes on two cores)`);
  try {
    await goBuild(
      join(import.meta.dirname, recipe.module),
      ['-trimpath', '-ldflags', `-s -w ${recipe.linkerFlags}`, '-o', draft, recipe.package],
      env,
    );
    await rename(draft, target);
  } finally {
    await rm(draft, { force: true });
  }
  progress(`built ${target} in ${Math.round((performance.now() - start) / 1000)} s`);
  return target;
}

function goBuild(module: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const go = spawn('go', ['build', ...args], {
    cwd: module,
    // A workspace file above the checkout must not affect the versions, and no C compiler is needed.
    env: { ...env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  go.once('error', reject);
  go.once('exit', (code, signal) =>
    code === 0
      ? resolve()
      : reject(new Error(`Cannot build ${args.at(-1)}: go ended with ${code ?? signal}`)),
  );
  return promise;
}

function progress(line: string): void {
  process.stderr.write(`test servers: ${line}\n`);
}
