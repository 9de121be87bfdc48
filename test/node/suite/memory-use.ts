import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasUnifiedCgroups } from '../cluster/cgroups.ts';
import { POD_CGROUP } from '../cluster/node-settings.ts';
import { CGROUP_ROOT } from '../programs/prerequisites.ts';

const MEMORY = hasUnifiedCgroups()
  ? { root: CGROUP_ROOT, limit: 'memory.max', peak: 'memory.peak' }
  : { root: join(CGROUP_ROOT, 'memory'), limit: 'memory.limit_in_bytes', peak: 'memory.max_usage_in_bytes' };

/** The kubelet's folders of Pods, by quality of service: guaranteed, burstable, best effort. */
const POD_FOLDERS = ['', 'burstable', 'besteffort'].map((name) =>
  join(MEMORY.root, POD_CGROUP, 'kubepods', name),
);

/** Version 1 writes the largest number of pages for "no limit", version 2 writes "max". */
const UNLIMITED = 2 ** 60;

/** A cgroup is gone as soon as its container is. */
const POLL_MILLISECONDS = 10;

export interface MemoryUse {
  /** Bytes. */
  readonly limit: number;
  /** Bytes. */
  readonly peak: number;
}

async function readBytes(file: string): Promise<number | null> {
  const value = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  return Number.isNaN(value) || value >= UNLIMITED ? null : value;
}

/** Reads the containers of a Pod that have a limit; its sandbox has none. */
async function readUses(uid: string): Promise<readonly MemoryUse[]> {
  const uses: MemoryUse[] = [];
  for (const folder of POD_FOLDERS.map((parent) => join(parent, `pod${uid}`))) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const { name } of entries.filter((entry) => entry.isDirectory())) {
      const limit = await readBytes(join(folder, name, MEMORY.limit));
      const peak = await readBytes(join(folder, name, MEMORY.peak));
      if (limit !== null && peak !== null) uses.push({ limit, peak });
    }
  }
  return uses;
}

export interface MemoryWatch {
  /** Returns the last record of the Pod's container; null if it was gone before the first look. */
  readonly useOf: (uid: string) => MemoryUse | null;
  readonly stop: () => Promise<void>;
}

/**
 * Keeps reading the kernel's records of Pods with one container each.
 * @param uids of the Pods, by their names; more may come
 */
export function watchMemory(uids: ReadonlyMap<string, string>): MemoryWatch {
  const uses = new Map<string, MemoryUse>();
  const stopping = new AbortController();
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const uid of uids.values()) {
        const [use] = await readUses(uid);
        if (use !== undefined) uses.set(uid, use);
      }
      await sleep(POLL_MILLISECONDS);
    }
  };
  const watched = watch();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await watched;
  };
  return { useOf: (uid) => uses.get(uid) ?? null, stop };
}
