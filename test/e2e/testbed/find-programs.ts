import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildProgram } from './build-program.ts';
import { cacheFolder, type Program, PROGRAMS, RECIPES } from './programs.ts';

const execute = promisify(execFile);

/** The newest `go` line among the modules here. */
const GO_NEEDED = { major: 1, minor: 26 } as const;

export type FoundPrograms<Name extends Program = Program> =
  | { readonly kind: 'found'; readonly paths: Readonly<Record<Name, string>> }
  | { readonly kind: 'missing'; readonly reason: string };

/**
 * Finds the real servers: in KUBEBUILDER_ASSETS, else in the cache, else by building them with Go. With WASMGATE_E2E=required a
 * missing one is an error; with WASMGATE_E2E=skip none is looked for.
 */
export async function findPrograms<Name extends Program = Program>(
  names: readonly Name[] = PROGRAMS as readonly Name[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<FoundPrograms<Name>> {
  if (env['WASMGATE_E2E'] === 'skip') return { kind: 'missing', reason: 'WASMGATE_E2E=skip' };
  const found = await locate(names, env);
  if (found.kind === 'missing' && env['WASMGATE_E2E'] === 'required') {
    throw new Error(`Cannot run the end-to-end tests: ${found.reason}`);
  }
  return found;
}

async function locate<Name extends Program>(
  names: readonly Name[],
  env: NodeJS.ProcessEnv,
): Promise<FoundPrograms<Name>> {
  const folders = [env['KUBEBUILDER_ASSETS'], cacheFolder(env)].filter((folder) => folder !== undefined);
  const paths = new Map<Name, string>();
  for (const name of names) {
    const path = await firstExecutable(folders.map((folder) => join(folder, name)));
    if (path !== null) paths.set(name, path);
  }
  const absent = names.filter((name) => !paths.has(name));
  if (absent.length > 0) {
    const obstacle = await whyNotBuilt(env);
    if (obstacle !== null) {
      const reason = `${absent.join(', ')} are neither in KUBEBUILDER_ASSETS nor in ${cacheFolder(env)}, and ${obstacle}`;
      return { kind: 'missing', reason };
    }
    for (const name of absent) {
      paths.set(name, await buildProgram(name, cacheFolder(env), { recipe: RECIPES[name], env }));
    }
  }
  return { kind: 'found', paths: Object.fromEntries(paths) as Record<Name, string> };
}

/** Returns the first of these paths that is an executable file. */
export async function firstExecutable(candidates: readonly string[]): Promise<string | null> {
  for (const path of candidates) {
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return null;
}

/** Returns null if Go is installed and new enough. */
export async function whyNotBuilt(env: NodeJS.ProcessEnv): Promise<string | null> {
  const needed = `Go ${GO_NEEDED.major}.${GO_NEEDED.minor} or newer`;
  const version = await execute('go', ['env', 'GOVERSION'], { env }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
  if (version === null) return `there is no ${needed} to build them with`;
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? [];
  const fits = Number(major) === GO_NEEDED.major && Number(minor) >= GO_NEEDED.minor;
  return fits ? null : `building them takes ${needed} (here: ${version})`;
}
