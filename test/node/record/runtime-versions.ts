import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'smol-toml';
import { UsageError } from '../../support/cli/read-flags.ts';
import { must } from '../../support/kubernetes/kubectl.ts';
import { run } from '../../support/lib/processes.ts';
import type { NodePrograms } from '../programs/find-node-programs.ts';
import { installedShims } from '../programs/installed-shims.ts';
import type { MeasuredRun } from './measured.ts';

type Versions = MeasuredRun['runtime'];

const SHIM_LOCK = new URL('../shim/Cargo.lock', import.meta.url);

const VERSION = /\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?/;

async function printedBy(program: string): Promise<string> {
  return must(run(program, ['--version']));
}

/** @throws if the program prints no version */
async function versionOf(program: string): Promise<string> {
  const output = await printedBy(program);
  const [version] = VERSION.exec(output) ?? [];
  return known(version, `"${program} --version" prints no version: ${output}`);
}

/** Returns the versions that our shim is built with. */
async function shimVersions(): Promise<Versions> {
  const lock = parse(await readFile(SHIM_LOCK, 'utf8')) as unknown as {
    readonly package: readonly { readonly name: string; readonly version: string }[];
  };
  const versionIn = (name: string): string =>
    known(lock.package.find((locked) => locked.name === name)?.version, `Cargo.lock has no ${name}`);
  return {
    'our shim on runwasi library': versionIn('containerd-shim-wasm'),
    wasmtime: versionIn('wasmtime'),
  };
}

/** Names of engines in what crun prints, if they are spelled otherwise. */
const ENGINES: Readonly<Record<string, string>> = { wasmedge: 'WasmEdge', wamr: 'WAMR' };

/**
 * Returns the versions of crun and its engine. crun prints the engine's name alone; WASMGATE_CRUN_ENGINE has its version, such as
 * "WasmEdge 0.17.1".
 * @throws UsageError if that is missing, or names another engine
 */
export async function crunVersions(crun: string, env: NodeJS.ProcessEnv = process.env): Promise<Versions> {
  const version = { crun: await versionOf(crun) };
  const [, built] = /\+WASM:(\S+)/.exec(await printedBy(crun)) ?? [];
  if (built === undefined) return version;
  const name = ENGINES[built] ?? built;
  const given = env['WASMGATE_CRUN_ENGINE'] ?? '';
  const [engineVersion] = VERSION.exec(given) ?? [];
  if (engineVersion === undefined || !given.toLowerCase().includes(built))
    throw new UsageError(
      `"${crun}" has the engine ${name}, whose version it does not print. Set WASMGATE_CRUN_ENGINE, such as to "${name} 1.2.3".`,
    );
  return { ...version, [name]: engineVersion };
}

/** Upstream's shims print their version with `-v`, in a line such as "Version: 0.6.0". */
async function upstreamVersions(folder: string, handler: string): Promise<Versions> {
  const shim = (await installedShims(folder)).findLast((each) => each.handler === handler);
  if (shim === undefined) throw new Error(`"${folder}" has no shim for handler "${handler}"`);
  const { stdout } = await run(shim.path, ['-v']);
  const [version] = VERSION.exec(/Version:.*/.exec(stdout)?.[0] ?? '') ?? [];
  return { [basename(shim.path)]: known(version, `"${shim.path} -v" prints no version: ${stdout}`) };
}

function known(version: string | undefined, otherwise: string): string {
  if (version === undefined) throw new Error(otherwise);
  return version;
}

/**
 * Returns the versions of what starts a handler's containers.
 * @throws Error if one is not known: a record without it would replace one that has it
 */
export async function runtimeVersions(
  programs: Pick<NodePrograms, 'runc' | 'crun' | 'shims'>,
  handler: string,
): Promise<Versions> {
  if (handler === 'runc') return { runc: await versionOf(programs.runc) };
  if (handler === 'wasmtime') return shimVersions();
  if (handler.startsWith('crun') && programs.crun !== null) return crunVersions(programs.crun);
  if (programs.shims === null) throw new Error(`No program of this run is handler "${handler}"`);
  return upstreamVersions(programs.shims, handler);
}

export async function nodeVersions(
  programs: Pick<NodePrograms, 'kubelet' | 'containerd'>,
): Promise<Versions> {
  return { kubelet: await versionOf(programs.kubelet), containerd: await versionOf(programs.containerd) };
}
