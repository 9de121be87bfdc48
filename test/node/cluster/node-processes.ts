import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { readLogTail, waitFor } from '../../support/lib/processes.ts';
import { LOG_FOLDER } from './node-settings.ts';

/**
 * A variable in the environment of every process of the node, with the name of its server. Children such as containerd's shims
 * inherit it. A later run finds them by it, however this one ends.
 */
const MARK = 'WASMGATE_NODE_SERVER';

/** Above other work on the machine: if the registry or the API server answers late, wasmgate does, too. */
const PRIORITY = -10;

/** Lines of each log in an error. */
const TAIL_LINES = 12;

export interface NodeProcess {
  readonly pid: number;
  /** The server that it belongs to. */
  readonly server: string;
}

let stopping = false;

/** Starts a server that outlives this process. Its output goes to a log that is named after it. */
export function startNodeServer(
  server: string,
  [command = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): void {
  if (stopping) throw new Error(`Cannot start ${server}: the node is being stopped`);
  const log = openSync(logOf(server), 'a');
  const child = spawn(command, args, {
    // A group of its own: Ctrl-C in the terminal goes to this process, which ends the servers in order.
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...env, [MARK]: server },
  });
  // A program that cannot be started is one that does not run: waitForNode reports it.
  child.once('error', () => {});
  if (child.pid !== undefined) prefer(child.pid);
  child.unref();
  closeSync(log);
}

/** Needs CAP_SYS_NICE, which root in a container may lack, and a process that runs. The node also works without it. */
function prefer(pid: number): void {
  try {
    setPriority(pid, PRIORITY);
  } catch {
    // The server keeps the priority of this process.
  }
}

/**
 * Makes `startNodeServer` and `waitForNode` fail from now on: a step that is still running must end, and start no server after the
 * stop.
 */
export function forbidStarts(): void {
  stopping = true;
}

export function logOf(server: string): string {
  return join(LOG_FOLDER, `${server}.log`);
}

/** Lists the running processes of the node, whichever run started them. */
export async function findNodeProcesses(): Promise<readonly NodeProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<NodeProcess | null> => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      const pair = environment.split('\0').find((text) => text.startsWith(`${MARK}=`));
      return pair === undefined ? null : { pid: Number(pid), server: pair.slice(MARK.length + 1) };
    }),
  );
  return found.filter((process) => process !== null);
}

export interface NodeWait {
  readonly what: string;
  readonly seconds: number;
  /** Servers that must run meanwhile, and whose logs explain a failure. */
  readonly servers: readonly string[];
}

/** Polls until `check` holds. Its error has the ends of the servers' logs. */
export async function waitForNode(check: () => Promise<boolean>, wait: NodeWait): Promise<void> {
  const running = async (): Promise<boolean> => {
    if (stopping) throw new Error(`Cannot wait for ${wait.what}: the node is being stopped`);
    if (await check()) return true;
    const alive = new Set((await findNodeProcesses()).map(({ server }) => server));
    const ended = wait.servers.filter((server) => !alive.has(server));
    if (ended.length > 0) throw new Error(`Cannot wait for ${wait.what}: ${ended.join(', ')} has ended`);
    return false;
  };
  try {
    await waitFor(running, { what: wait.what, seconds: wait.seconds });
  } catch (error) {
    const tails = wait.servers.map(
      async (server) => `--- ${logOf(server)}\n${await readLogTail(logOf(server), TAIL_LINES)}`,
    );
    const { message } = error as Error;
    throw new Error([message, ...(await Promise.all(tails))].join('\n'), { cause: error });
  }
}
