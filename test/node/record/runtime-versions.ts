import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parse } from 'smol-toml';
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
  if (version === undefined) throw new Error(`"${program} --version" prints no version: ${output}`);
  return version;
}

/** Returns the versions that our shim is built with. */
async function shimVersions(): Promise<Versions> {
  const lock = parse(await readFile(SHIM_LOCK, 'utf8')) as unknown as {
    readonly package: readonly { readonly name: string; readonly version: string }[];
  };
  const versionIn = (name: string): string =>
    lock.package.find((locked) => locked.name === name)?.version ?? 'unknown';
  return {
    'our shim on runwasi library': versionIn('containerd-shim-wasm'),
    wasmtime: versionIn('wasmtime'),
  };
}

/** Names of engines in what crun prints, if they are spelled otherwise. */
const ENGINES: Readonly<Record<string, string>> = { wasmedge: 'WasmEdge', wamr: 'WAMR' };

/** crun prints its engine's name alone. WASMGATE_CRUN_ENGINE has the version, such as "WasmEdge 0.17.1". */
async function crunVersions(crun: string): Promise<Versions> {
  const version = { crun: await versionOf(crun) };
  const [, built] = /\+WASM:(\S+)/.exec(await printedBy(crun)) ?? [];
  if (built === undefined) return version;
  const [engineVersion] = VERSION.exec(process.env['WASMGATE_CRUN_ENGINE'] ?? '') ?? [];
  return { ...version, [ENGINES[built] ?? built]: engineVersion ?? 'of an unknown version' };
}

/** Upstream's shims print their version with `-v`, in a line such as "Version: 0.6.0". */
async function upstreamVersions(folder: string, handler: string): Promise<Versions> {
  const shim = (await installedShims(folder)).findLast((each) => each.handler === handler);
  if (shim === undefined) return { [handler]: 'unknown' };
  const { stdout } = await run(shim.path, ['-v']);
  const [version] = VERSION.exec(/Version:.*/.exec(stdout)?.[0] ?? '') ?? [];
  return { [basename(shim.path)]: version ?? 'unknown' };
}

/** Returns the versions of what starts a handler's containers. */
export async function runtimeVersions(
  programs: Pick<NodePrograms, 'runc' | 'crun' | 'shims'>,
  handler: string,
): Promise<Versions> {
  if (handler === 'runc') return { runc: await versionOf(programs.runc) };
  if (handler === 'wasmtime') return shimVersions();
  if (handler.startsWith('crun') && programs.crun !== null) return crunVersions(programs.crun);
  return programs.shims === null ? { [handler]: 'unknown' } : upstreamVersions(programs.shims, handler);
}

export async function nodeVersions(
  programs: Pick<NodePrograms, 'kubelet' | 'containerd'>,
): Promise<Versions> {
  return { kubelet: await versionOf(programs.kubelet), containerd: await versionOf(programs.containerd) };
}
