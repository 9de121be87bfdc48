import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findContainerProcesses, hasPodCgroup, removePodCgroup } from './cgroups.ts';
import { removeCreatedFolders } from './containerd.ts';
import { hasCode } from './error-code.ts';
import { findBridges, removeNetwork } from './network.ts';
import { findNodeProcesses } from './node-processes.ts';
import { LOG_FOLDER, STATE_FOLDER } from './node-settings.ts';

const STOP_SECONDS = 30;
const POLL_MILLISECONDS = 50;

/** Lists what a node has in the state folder, besides logs, which stay. */
async function findState(): Promise<readonly string[]> {
  const names = await readdir(STATE_FOLDER).catch(() => []);
  return names.filter((name) => name !== basename(LOG_FOLDER));
}

/** Reports whether anything of a node is there, whichever run left it: processes, state, bridges or cgroups. */
export async function hasNodeLeftovers(): Promise<boolean> {
  return (
    findBridges().length > 0 ||
    (await findState()).length > 0 ||
    (await hasPodCgroup()) ||
    (await findNodeProcesses()).length > 0
  );
}

/**
 * Ends every process of the node, whichever run started it, and removes its network, cgroups and state. Only the logs stay.
 * Mounts go with the namespace that the last process leaves.
 * @throws Error with the reasons for all that is left
 */
export async function stopNode(): Promise<void> {
  const deadline = Date.now() + STOP_SECONDS * 1000;
  const steps = [
    () => endProcesses(deadline),
    () => removePodCgroup(deadline),
    removeNetwork,
    () => removeCreatedFolders(),
    removeState,
  ];
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length === 0) return;
  const reasons = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
  throw new Error(reasons.join('\n'), { cause: failures[0] });
}

/** No state outlives the node, so nothing needs to end in an orderly way. What is killed late may still have started more. */
async function endProcesses(deadline: number): Promise<void> {
  for (let pids = await findAll(); pids.length > 0; pids = await findAll()) {
    if (Date.now() > deadline) throw new Error(`Cannot end processes of the node: ${pids.join(', ')}`);
    for (const pid of pids) kill(pid);
    await sleep(POLL_MILLISECONDS);
  }
}

async function removeState(): Promise<void> {
  for (const name of await findState()) await rm(join(STATE_FOLDER, name), { recursive: true, force: true });
}

async function findAll(): Promise<readonly number[]> {
  const own = (await findNodeProcesses()).map(({ pid }) => pid);
  return [...own, ...(await findContainerProcesses())];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself.
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
