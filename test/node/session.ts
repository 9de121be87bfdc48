import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { KUBECONFIG, nodeKubectl } from './cluster/control-plane.ts';
import { isNodeReady } from './cluster/kubelet.ts';
import { findNodeProcesses, forbidStarts } from './cluster/node-processes.ts';
import { LOG_FOLDER, STATE_FILE } from './cluster/node-settings.ts';
import { say, step } from './cluster/progress.ts';
import { type NodeState, readNodeState, STATE_VARIABLE, writeNodeState } from './cluster/real-node.ts';
import { type AllPrograms, installWasmgate, SERVERS, startNode } from './cluster/start-node.ts';
import { hasNodeLeftovers, stopNode } from './cluster/stop-node.ts';
import { buildWasmgateImage, CHECKOUT } from './cluster/wasmgate-image.ts';
import type { RunOptions } from './options.ts';

/** A node that this process uses, and stops unless it is kept. */
export interface Session {
  /** Starts a node, or takes a kept one over, and installs wasmgate from this checkout. */
  readonly start: () => Promise<void>;
  /** Runs test files, all by default; resolves with the exit code. */
  readonly runTests: (files: readonly string[]) => Promise<number>;
  /** Stops the node unless it is kept, at any time, and once only. */
  readonly end: () => Promise<void>;
}

export function createSession(programs: AllPrograms, { keep }: RunOptions): Session {
  let kept = false;
  let tests: ChildProcess | null = null;
  let ended: Promise<void> | null = null;

  const start = async (): Promise<void> => {
    const running = await takeOver();
    kept = running !== null;
    const [state, image] = await Promise.all([
      running ?? startNode(programs, step),
      step('built the image of wasmgate', buildWasmgateImage),
    ]);
    await step('deployed wasmgate: its Pods are Ready', () => installWasmgate(programs, image));
    kept ||= keep;
    await writeNodeState({ ...state, kept });
  };
  const runTests = async (files: readonly string[]): Promise<number> => {
    const vitest = join(CHECKOUT, 'node_modules', 'vitest', 'vitest.mjs');
    const args = ['run', '--config', join(CHECKOUT, 'test', 'node', 'vitest.config.ts'), ...files];
    tests = spawn(process.execPath, [vitest, ...args], {
      stdio: 'inherit',
      env: { ...process.env, [STATE_VARIABLE]: STATE_FILE },
    });
    const [code] = (await once(tests, 'exit')) as [number | null];
    say(code === 0 ? 'all tests passed' : `tests failed; the logs of the node are in ${LOG_FOLDER}`);
    return code ?? 1;
  };
  const end = async (): Promise<void> => {
    forbidStarts();
    tests?.kill();
    if (kept) console.log(howToUse());
    else await step('stopped the node', stopNode);
  };
  return { start, runTests, end: () => (ended ??= end()) };
}

/** Returns the state of a kept node that still works; ends what else an earlier run has left. */
async function takeOver(): Promise<NodeState | null> {
  const state = await readNodeState();
  if (state?.kept === true && (await stillWorks(state))) {
    say('uses the kept node');
    return state;
  }
  if (await hasNodeLeftovers()) await step('stopped what an earlier run had left', stopNode);
  return null;
}

async function stillWorks({ kubectl }: NodeState): Promise<boolean> {
  const running = new Set((await findNodeProcesses()).map(({ server }) => server));
  return SERVERS.every((server) => running.has(server)) && (await isNodeReady(nodeKubectl(kubectl)));
}

function howToUse(): string {
  const lines = [
    'The node keeps running. kubectl and other clients:',
    `  export KUBECONFIG=${KUBECONFIG}`,
    'Test files, with wasmgate as it is now:',
    `  export ${STATE_VARIABLE}=${STATE_FILE}`,
    '  npx vitest run --config test/node/vitest.config.ts FILE ...',
    'Later runs of test:node use it with wasmgate from their checkout. To stop it:',
    '  npm run test:node -- --down',
  ];
  return lines.join('\n');
}
