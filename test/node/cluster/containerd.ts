import { appendFile, mkdir, readFile, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import type { NodePrograms } from '../programs/find-node-programs.ts';
import { installedShims } from '../programs/installed-shims.ts';
import { hasUnifiedCgroups, HYBRID_MOUNT } from './cgroups.ts';
import { hasCode } from './error-code.ts';
import { CNI_FOLDER } from './network.ts';
import { logOf, startNodeServer, waitForNode } from './node-processes.ts';
import { CONTAINERD_SOCKET, EXTRA_REGISTRIES, PAUSE_IMAGE, STATE_FOLDER } from './node-settings.ts';
import { supportsOverlay } from './overlay-support.ts';

const CONFIGURATION = join(STATE_FOLDER, 'containerd.toml');
/** Those of FIXED_FOLDERS, or above them, that the machine did not have. */
const CREATED_FOLDERS = join(STATE_FOLDER, 'created-folders');
const REGISTRIES = join(STATE_FOLDER, 'registries');
const READY_SECONDS = 120;
/** What containerd pulled and unpacked. */
const ROOT = join(STATE_FOLDER, 'containerd');

/** A table of containerd's configuration that a RuntimeClass names as its handler. */
interface Runtime {
  readonly runtime_type: string;
  readonly runtime_path: string;
  readonly pod_annotations?: readonly string[];
  readonly options?: { readonly BinaryName: string };
}

/** Returns containerd's runtimes by handler. Links crun as `crun-wasm` in the state folder, which must exist. */
export async function nodeRuntimes(programs: NodePrograms): Promise<Readonly<Record<string, Runtime>>> {
  const { crun } = programs;
  return {
    ...(programs.shims === null ? {} : await shimRuntimes(programs.shims)),
    runc: runcRuntime(programs, programs.runc),
    wasmtime: { runtime_type: 'io.containerd.wasmtime.v1', runtime_path: programs.wasmtimeShim },
    ...(crun === null ? {} : await crunRuntimes(programs, crun)),
  };
}

/** crun starts its engine by annotations that containerd passes on, or always under the name crun-wasm. */
async function crunRuntimes(
  programs: NodePrograms,
  crun: string,
): Promise<Readonly<Record<string, Runtime>>> {
  const alwaysWasm = join(STATE_FOLDER, 'crun-wasm');
  await symlink(crun, alwaysWasm);
  return {
    crun: { ...runcRuntime(programs, crun), pod_annotations: ['module.wasm.image/*', 'run.oci.*'] },
    'crun-plain': runcRuntime(programs, crun),
    // It rejects run.oci.handler, if that arrives.
    'crun-wasm': { ...runcRuntime(programs, alwaysWasm), pod_annotations: ['run.oci.*'] },
  };
}

function runcRuntime(programs: NodePrograms, binary: string): Runtime {
  return {
    runtime_type: 'io.containerd.runc.v2',
    runtime_path: programs['containerd-shim-runc-v2'],
    options: { BinaryName: binary },
  };
}

async function shimRuntimes(folder: string): Promise<Readonly<Record<string, Runtime>>> {
  const runtimes = (await installedShims(folder)).map(
    ({ handler, runtimeType, path }) => [handler, { runtime_type: runtimeType, runtime_path: path }] as const,
  );
  return Object.fromEntries(runtimes);
}

/** Folders that containerd, shims, the kubelet and CNI write to whatever their configuration; the node gets its own. */
const FIXED_FOLDERS = ['/run/containerd', '/var/lib/cni', '/var/lib/kubelet', '/var/log/containers'] as const;

/**
 * Starts containerd in a mount namespace of its own, so that no mount of a container or volume outlives the node. The
 * kubelet joins that namespace. The 400 MB that containerd stores are in memory: it waits for the disk at each step of each pull.
 */
export async function startContainerd(
  programs: NodePrograms,
  runtimes: Readonly<Record<string, Runtime>>,
): Promise<void> {
  await writeRegistries();
  await writeFile(CONFIGURATION, stringify(await configuration(programs, runtimes)));
  const binds: string[] = [];
  for (const folder of FIXED_FOLDERS) {
    const own = join(STATE_FOLDER, 'private', folder);
    await mkdir(own, { recursive: true });
    const created = await mkdir(folder, { recursive: true });
    if (created !== undefined) await appendFile(CREATED_FOLDERS, `${created}\n`);
    binds.push(`mount --bind '${own}' '${folder}'`);
  }
  // crun rejects a machine whose version 2 hierarchy stands beside controllers of version 1.
  const hide = hasUnifiedCgroups() ? [] : [`! mountpoint -q ${HYBRID_MOUNT} || umount ${HYBRID_MOUNT}`];
  await mkdir(ROOT, { recursive: true });
  const inMemory = `mount -t tmpfs -o mode=700 containerd '${ROOT}'`;
  const steps = [...binds, inMemory, ...hide, 'exec "$@"'].join('\n');
  const command = [programs.containerd, '--config', CONFIGURATION];
  startNodeServer('containerd', ['unshare', '--mount', 'sh', '-e', '-c', steps, 'sh', ...command]);
}

/**
 * Removes the folders that were created for mounts, which are empty outside of the node's namespace. A restart of the machine
 * removes those in /run, and another containerd may have put something into one.
 * @param list a file with a folder on each line
 */
export async function removeCreatedFolders(list: string = CREATED_FOLDERS): Promise<void> {
  const created = await readFile(list, 'utf8').catch(() => '');
  for (const folder of created.split('\n').filter((line) => line !== '')) {
    await rmdir(folder).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT', 'ENOTEMPTY')) throw error;
    });
  }
}

/** Has containerd use plain HTTP with registries that are not at loopback. */
async function writeRegistries(): Promise<void> {
  for (const host of EXTRA_REGISTRIES) {
    await mkdir(join(REGISTRIES, host), { recursive: true });
    await writeFile(join(REGISTRIES, host, 'hosts.toml'), stringify({ server: `http://${host}` }));
  }
}

/** Resolves when containerd serves the kubelet. Before that line, a kubelet fails to register its node. */
export async function waitForContainerd(): Promise<void> {
  const started = async (): Promise<boolean> =>
    (await readFile(logOf('containerd'), 'utf8')).includes('Start streaming server');
  await waitForNode(started, { what: 'containerd', seconds: READY_SECONDS, servers: ['containerd'] });
}

async function configuration(
  programs: NodePrograms,
  runtimes: Readonly<Record<string, Runtime>>,
): Promise<object> {
  return {
    version: 3,
    root: ROOT,
    state: join(STATE_FOLDER, 'containerd-state'),
    grpc: { address: CONTAINERD_SOCKET },
    ttrpc: { address: `${CONTAINERD_SOCKET}.ttrpc` },
    // With "debug", a runwasi shim writes megabytes a container.
    debug: { level: 'info' },
    plugins: {
      'io.containerd.internal.v1.opt': { path: join(STATE_FOLDER, 'containerd-opt') },
      'io.containerd.nri.v1.nri': { disable: true },
      'io.containerd.cri.v1.images': {
        snapshotter: (await supportsOverlay(STATE_FOLDER)) ? 'overlayfs' : 'native',
        pinned_images: { sandbox: PAUSE_IMAGE },
        registry: { config_path: REGISTRIES },
      },
      'io.containerd.cri.v1.runtime': {
        netns_mounts_under_state_dir: true,
        // What a machine that is itself a container may not do.
        restrict_oom_score_adj: true,
        disable_apparmor: true,
        disable_hugetlb_controller: true,
        tolerate_missing_hugetlb_controller: true,
        cni: { bin_dirs: [programs.cni], conf_dir: CNI_FOLDER },
        containerd: { default_runtime_name: 'runc', runtimes },
      },
    },
  };
}
