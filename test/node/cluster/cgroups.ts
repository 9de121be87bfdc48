import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CGROUP_ROOT, cgroupVersion } from '../programs/prerequisites.ts';
import { hasCode } from './error-code.ts';
import { POD_CGROUP } from './node-settings.ts';

const POLL_MILLISECONDS = 50;

/** Hybrid machines mount version 2 here, beside the controllers of version 1. */
export const HYBRID_MOUNT = join(CGROUP_ROOT, 'unified');

/** Reports whether the machine has cgroup version 2 alone. */
export function hasUnifiedCgroups(): boolean {
  return cgroupVersion() === 2;
}

/** Returns the cgroup of all Pods, once for each hierarchy. */
async function podCgroups(): Promise<readonly string[]> {
  if (hasUnifiedCgroups()) return [join(CGROUP_ROOT, POD_CGROUP)];
  const controllers = (await readdir(CGROUP_ROOT, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  return controllers
    .map(({ name }) => join(CGROUP_ROOT, name))
    .filter((folder) => folder !== HYBRID_MOUNT)
    .map((folder) => join(folder, POD_CGROUP));
}

/** What the kubelet needs of version 2 below the root; distributions enable most of it. */
const CONTROLLERS = '+cpu +cpuset +memory +pids';

/**
 * Twenty times the default. All Pods share one weight, while each process outside of the node has its own: during a build on the
 * same machine, the webhook and probes would time out.
 */
const CPU_WEIGHT = { 'cpu.shares': 20 * 1024, 'cpu.weight': 20 * 100 } as const;

/** Creates the cgroup that the kubelet puts Pods into. It must exist in every hierarchy before the kubelet starts. */
export async function createPodCgroup(): Promise<void> {
  if (hasUnifiedCgroups()) await writeFile(join(CGROUP_ROOT, 'cgroup.subtree_control'), CONTROLLERS);
  for (const cgroup of await podCgroups()) {
    await mkdir(cgroup, { recursive: true });
    for (const [file, weight] of Object.entries(CPU_WEIGHT)) {
      if (existsSync(join(cgroup, file))) await writeFile(join(cgroup, file), String(weight));
    }
  }
}

/** Lists the processes of all containers, those of leftover ones included. */
export async function findContainerProcesses(): Promise<readonly number[]> {
  const pids = new Set<number>();
  for (const cgroup of await podCgroups()) {
    for (const folder of await descendants(cgroup)) {
      const text = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
      // 0 is a process outside of this PID namespace. To kill(), it means this process's own group.
      const found = text.split('\n').map(Number);
      for (const pid of found.filter((each) => each > 0)) pids.add(pid);
    }
  }
  return [...pids];
}

/** Reports whether a cgroup of Pods is there. */
export async function hasPodCgroup(): Promise<boolean> {
  return (await podCgroups()).some((cgroup) => existsSync(cgroup));
}

/**
 * Removes the cgroup of all Pods, whose processes must have been killed.
 * @param deadline in milliseconds since the epoch: until then, the kernel may still count a killed process
 */
export async function removePodCgroup(deadline: number): Promise<void> {
  for (const cgroup of await podCgroups()) {
    for (const folder of (await descendants(cgroup)).toReversed()) await removeCgroup(folder, deadline);
  }
}

async function removeCgroup(folder: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return;
      if (!hasCode(error, 'EBUSY') || Date.now() > deadline) throw error;
      await sleep(POLL_MILLISECONDS);
    }
  }
}

/** A folder and all below it, parents first; none if it does not exist. */
async function descendants(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  return [folder, ...(await Promise.all(below.map(descendants))).flat()];
}
