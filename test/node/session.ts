import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { KUBECONFIG, nodeKubectl } from './cluster/control-plane.ts';
import { isNodeReady } from './cluster/kubelet.ts';
import { findNodeProcesses, forbidStarts } from './cluster/node-processes.ts';
import { LOG_FOLDER, REGISTRY, STATE_FILE } from './cluster/node-settings.ts';
import { say, step } from './cluster/progress.ts';
import {
  type NodeState,
  readNodeState,
  realNode,
  type RunningNode,
  STATE_VARIABLE,
  writeNodeState,
} from './cluster/real-node.ts';
import { type AllPrograms, installWasmgate, SERVERS, startNode } from './cluster/start-node.ts';
import { hasNodeLeftovers, stopNode } from './cluster/stop-node.ts';
import { buildWasmgateImage, CHECKOUT } from './cluster/wasmgate-image.ts';
import { pushNodeImages } from './images/push-node-images.ts';
import type { RunOptions } from './options.ts';
import { record } from './record/record.ts';

/** A node that this process uses, and stops unless it is kept. */
export interface Session {
  /** Starts a node, or takes a kept one over, and installs wasmgate from this checkout. */
  readonly start: () => Promise<void>;
  /** Runs test files, all by default; resolves with the exit code. */
  readonly runTests: (files: readonly string[]) => Promise<number>;
  /** Runs the images of the corpus under every handler, and writes `measured.json`. */
  readonly record: () => Promise<void>;
  /** Ends what is under way, and stops the node unless it is kept; at any time, and once only. */
  readonly end: () => Promise<void>;
}

/** Milliseconds for vitest to end its workers. */
const TESTS_END = 5000;

export function createSession(programs: AllPrograms, { keep }: RunOptions): Session {
  let stays = false;
  let tests: ChildProcess | null = null;
  let work: Promise<unknown> = Promise.resolve();
  let ended: Promise<void> | null = null;
  const ending = new AbortController();

  /** Begins what `end` waits for; after `end`, nothing begins. */
  const begin = async <Result>(job: () => Promise<Result>): Promise<Result> => {
    ending.signal.throwIfAborted();
    const result = job();
    work = result;
    return await result;
  };
  const provideNode = async (): Promise<RunningNode> => {
    const state = await readNodeState();
    stays = state?.kept === true;
    if (state !== null && stays && (await canTakeOver(state, programs))) {
      say('uses the kept node');
      await pushNodeImages(REGISTRY, programs.node);
      return state;
    }
    stays = false;
    if (await hasNodeLeftovers()) await step('stopped what an earlier run left', stopNode);
    ending.signal.throwIfAborted();
    return await startNode(programs);
  };
  const abandon = (reason: unknown): void => {
    forbidStarts();
    ending.abort(reason);
  };
  const start = async (): Promise<void> => {
    const node = provideNode();
    const image = step('built the image of wasmgate', () => buildWasmgateImage(ending.signal));
    // Both have ended before `end` stops the node, even if one of them failed.
    await Promise.allSettled([node.catch(abandon), image.catch(abandon)]);
    ending.signal.throwIfAborted();
    const [state, layout] = await Promise.all([node, image]);
    const digest = await step('deployed wasmgate: its Pods are Ready', () =>
      installWasmgate(programs, layout),
    );
    stays ||= keep;
    await writeNodeState({ ...state, image: digest, kept: stays });
  };
  const runTests = async (files: readonly string[]): Promise<number> => {
    const vitest = join(CHECKOUT, 'node_modules', 'vitest', 'vitest.mjs');
    const args = ['run', '--config', join(CHECKOUT, 'test', 'node', 'vitest.config.ts'), ...files];
    tests = spawn(process.execPath, [vitest, ...args], {
      stdio: 'inherit',
      env: { ...process.env, [STATE_VARIABLE]: STATE_FILE },
    });
    const [code] = (await once(tests, 'exit')) as [number | null];
    ending.signal.throwIfAborted();
    say(code === 0 ? 'all tests passed' : `tests failed; the logs of the node are in ${LOG_FOLDER}`);
    return code ?? 1;
  };
  const recordImages = async (): Promise<void> => {
    const state = await readNodeState();
    if (state === null) throw new Error('There is no node to record.');
    await record(realNode(state), ending.signal);
    say('wrote test/node/measured.json');
  };
  const end = async (): Promise<void> => {
    abandon(new Error('The run is ending'));
    tests?.kill();
    setTimeout(() => tests?.kill('SIGKILL'), TESTS_END).unref();
    await work.catch(() => {});
    if (stays) console.log(howToUse());
    else await step('stopped the node', stopNode);
  };
  return {
    start: () => begin(start),
    runTests: (files) => begin(() => runTests(files)),
    record: () => begin(recordImages),
    end: () => (ended ??= end()),
  };
}

/** Reports whether a kept node works and has the programs of this run. */
async function canTakeOver(state: NodeState, { node, servers }: AllPrograms): Promise<boolean> {
  if (!isDeepStrictEqual(state.programs, node) || state.kubectl !== servers.kubectl) {
    say('replaces the kept node, because its programs are not those of this run');
    return false;
  }
  const running = new Set((await findNodeProcesses()).map(({ server }) => server));
  const ended = SERVERS.filter((server) => !running.has(server));
  if (ended.length > 0) say(`replaces the kept node, because ${ended.join(', ')} ended`);
  return ended.length === 0 && (await isNodeReady(nodeKubectl(state.kubectl)));
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
