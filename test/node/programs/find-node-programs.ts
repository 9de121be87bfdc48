import { access, constants, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildRecipes, findUnbuilt } from './build-recipes.ts';
import { recipeFolder } from './cache.ts';
import { installedShims } from './installed-shims.ts';
import {
  BUILD_TOOLS,
  debianPackages,
  describeMissing,
  findBusybox,
  findMissing,
  installPackages,
  isOnPath,
  RUNTIME,
} from './prerequisites.ts';
import { PLAN, type RecipeName, RECIPES } from './recipes.ts';

/** Absolute paths of the programs of a node. */
export interface NodePrograms {
  readonly kubelet: string;
  readonly 'kube-scheduler': string;
  readonly containerd: string;
  readonly 'containerd-shim-runc-v2': string;
  readonly runc: string;
  /** The folder of the CNI plugins bridge, host-local and loopback. */
  readonly cni: string;
  readonly pause: string;
  /** Statically linked. */
  readonly busybox: string;
  /** The shim of test/node/shim, named containerd-shim-wasmtime-v1. */
  readonly wasmtimeShim: string;
  /** The crun of WASMGATE_CRUN. */
  readonly crun: string | null;
  /** The folder of WASMGATE_SHIMS, with files containerd-shim-*. */
  readonly shims: string | null;
  readonly modules: TestModules;
}

/** Paths of Wasm files. */
export interface TestModules {
  /** Prints "hello from Go" and its arguments; 2.5 MB. */
  readonly hello: string;
  /** The same with Go's HTTP client; 4.8 MB. */
  readonly http: string;
  /** Exits with 3. */
  readonly exit3: string;
  /** 18 MB. */
  readonly big: string;
  /** `hello` as a WASI 0.2 component. */
  readonly component: string;
}

export type FoundNodePrograms =
  | { readonly kind: 'found'; readonly programs: NodePrograms }
  | { readonly kind: 'missing'; readonly reasons: readonly string[] };

export interface FindOptions {
  /** Whether to install missing Debian packages. */
  readonly install?: boolean;
}

/**
 * Lists everything that the machine lacks for building the programs of a node and for running one.
 * @throws Error if WASMGATE_CRUN or WASMGATE_SHIMS names nothing executable
 */
export async function findObstacles(
  env: NodeJS.ProcessEnv = process.env,
  { install = false }: FindOptions = {},
): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [`missing: Linux (this is ${process.platform})`];
  await Promise.all([findCrun(env), findShims(env)]);
  const unbuilt = await findUnbuilt(PLAN, env);
  const tools = new Set(unbuilt.flatMap((recipe) => recipe.tools));
  const needed = [...RUNTIME, ...[...tools].map((name) => BUILD_TOOLS[name])];
  let missing = await findMissing(needed, env);
  const packages = debianPackages(missing);
  if (install && packages.length > 0 && (await isOnPath('apt-get', env))) {
    report(`installing ${packages.join(' ')}`);
    await installPackages(packages, env);
    missing = await findMissing(needed, env);
  }
  return describeMissing(missing);
}

/**
 * Finds the programs of a node in the cache, and builds those that it lacks, unless there are obstacles.
 * @throws Error if WASMGATE_CRUN or WASMGATE_SHIMS names nothing executable, or a build fails
 */
export async function findNodePrograms(
  env: NodeJS.ProcessEnv = process.env,
  options: FindOptions = {},
): Promise<FoundNodePrograms> {
  const reasons = await findObstacles(env, options);
  const busybox = await findBusybox(env);
  if (reasons.length > 0 || busybox === null) return { kind: 'missing', reasons };
  const [crun, shims] = await Promise.all([findCrun(env), findShims(env)]);
  await buildRecipes(PLAN, env, report);
  return { kind: 'found', programs: { ...(await builtPrograms(env)), busybox, crun, shims } };
}

async function builtPrograms(
  env: NodeJS.ProcessEnv,
): Promise<Omit<NodePrograms, 'busybox' | 'crun' | 'shims'>> {
  const folderOf = (name: RecipeName): Promise<string> => recipeFolder(RECIPES[name], env);
  const containerd = await folderOf('containerd');
  const modules = await folderOf('modules');
  return {
    kubelet: join(await folderOf('kubelet'), 'kubelet'),
    'kube-scheduler': join(await folderOf('kube-scheduler'), 'kube-scheduler'),
    containerd: join(containerd, 'containerd'),
    'containerd-shim-runc-v2': join(containerd, 'containerd-shim-runc-v2'),
    runc: join(await folderOf('runc'), 'runc'),
    cni: await folderOf('cni-plugins'),
    pause: join(await folderOf('pause'), 'pause'),
    wasmtimeShim: join(await folderOf('shim'), 'containerd-shim-wasmtime-v1'),
    modules: {
      hello: join(modules, 'hello.wasm'),
      http: join(modules, 'http.wasm'),
      exit3: join(modules, 'exit3.wasm'),
      big: join(modules, 'big.wasm'),
      component: join(await folderOf('component'), 'hello-component.wasm'),
    },
  };
}

async function findCrun(env: NodeJS.ProcessEnv): Promise<string | null> {
  const path = env['WASMGATE_CRUN'];
  if (path === undefined || path === '') return null;
  if (!(await isExecutable(path))) throw new Error(`WASMGATE_CRUN: "${path}" is not an executable file`);
  return resolve(path);
}

async function findShims(env: NodeJS.ProcessEnv): Promise<string | null> {
  const folder = env['WASMGATE_SHIMS'];
  if (folder === undefined || folder === '') return null;
  const shims = await installedShims(folder).catch((cause: unknown) => {
    throw new Error(`WASMGATE_SHIMS: cannot read the folder "${folder}"`, { cause });
  });
  if (shims.length === 0)
    throw new Error(
      `WASMGATE_SHIMS: "${folder}" has no shim. Name its files containerd-shim-NAME-v1 or -v2.`,
    );
  for (const { path } of shims) {
    if (!(await isExecutable(path))) throw new Error(`WASMGATE_SHIMS: "${path}" is not an executable file`);
  }
  return resolve(folder);
}

async function isExecutable(path: string): Promise<boolean> {
  // Folders have the same permission.
  if ((await readdir(path).catch(() => null)) !== null) return false;
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function report(line: string): void {
  process.stderr.write(`programs of the node: ${line}\n`);
}
