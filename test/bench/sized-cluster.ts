import { setTimeout as sleep } from 'node:timers/promises';
import type { TestRegistry } from '../support/registry/registry.ts';
import type { Bench } from './bench-row.ts';
import { askOnce, openConnection } from './connection.ts';
import { createReviews } from './pod-reviews.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import { setUpStage } from './stage.ts';
import { median } from './statistics.ts';

const CLASSES = '/apis/node.k8s.io/v1/runtimeclasses';

/** Handlers of the classes, in turn. */
const HANDLERS = [
  'wasmtime',
  'crun',
  'crun-wasm',
  'lunatic',
  'runc',
  'slight',
  'spin',
  'wamr',
  'wasm',
  'wasmedge',
];

const DEFAULTS = {
  /** Warm-up rounds end when two in a row cost the same but for this share. */
  agreement: 0.05,
  warmUpRounds: { full: 30, quick: 8 },
  /** Times that a Pod is sent until all of its images are known. */
  lookups: 20,
  /** Milliseconds until the watch has delivered a changed RuntimeClass. */
  settleMilliseconds: 50,
} as const;

/** The size of a cluster and of the Pods that are created in it. */
export interface ClusterSize {
  readonly nodes: number;
  /** Null for those that wasmgate ships. */
  readonly classes: number | null;
  readonly namespaces: number;
  readonly containers: number;
}

/** A server in a cluster of that size. */
export interface SizedCluster extends AsyncDisposable {
  readonly server: ServerProcess;
  /** The request about the next Pod, which is unlike all before it or like the last. */
  readonly next: (isFresh: boolean) => Buffer;
  readonly ask: (request: Buffer) => Promise<string>;
  /** Changes a RuntimeClass, and resolves when the server knows. */
  readonly changeClass: () => Promise<void>;
}

/** Distinct selectors: wasmgate cannot treat two classes as one. */
function runtimeClass(index: number, version = 1): object {
  return {
    metadata: { name: `class-${index}`, uid: `class-${index}`, resourceVersion: String(version) },
    handler: HANDLERS[index % HANDLERS.length],
    ...(index === 0 ? {} : { scheduling: { nodeSelector: { kind: `${index}-${version}` } } }),
  };
}

function clusterOf({ nodes, classes, namespaces }: ClusterSize) {
  const names = Array.from({ length: namespaces }, (_, index) => `team-${index + 1}`);
  return {
    namespaces: names,
    // The stage's cluster has three of its own.
    nodes: nodes - 3,
    withoutShippedClasses: classes !== null,
    runtimeClasses: Array.from({ length: classes ?? 0 }, (_, index) => runtimeClass(index)),
  };
}

function isDecided(answer: string): boolean {
  const { response } = JSON.parse(answer) as {
    response: { allowed: boolean; patch?: string; warnings?: readonly string[] };
  };
  const patch = Buffer.from(response.patch ?? '', 'base64').toString();
  return response.allowed && response.warnings === undefined && patch.includes('/spec/runtimeClassName');
}

async function untilDecided({ ask, next }: Pick<SizedCluster, 'ask' | 'next'>): Promise<void> {
  let answer = '';
  for (let lookup = 0; lookup < DEFAULTS.lookups; lookup += 1) {
    answer = await ask(next(true));
    if (isDecided(answer)) return;
    await sleep(DEFAULTS.settleMilliseconds);
  }
  throw new Error(`Cannot call this decided: ${answer}`);
}

export interface SizedClusterOptions {
  readonly registry: TestRegistry;
  readonly size: ClusterSize;
  /** Of the containers, in turn. */
  readonly images: readonly string[];
}

export async function startSizedCluster(bench: Bench, options: SizedClusterOptions): Promise<SizedCluster> {
  const { registry, size, images } = options;
  await using started = new AsyncDisposableStack();
  const stage = started.use(await setUpStage(bench, { registry, ...clusterOf(size) }));
  const server = started.use(await startServer(stage.observed, bench));
  const connection = await openConnection({ port: server.port, ca: bench.bundle.certificate.caCert });
  started.defer(connection.close);
  const next = createReviews({ images, containers: size.containers, namespaces: size.namespaces });
  const ask = (request: Buffer): Promise<string> => askOnce(connection, request);
  await untilDecided({ ask, next });
  const last = (size.classes ?? 2) - 1;
  let version = 1;
  const kept = started.move();
  return {
    server,
    next,
    ask,
    changeClass: () => {
      version += 1;
      stage.api.announce(CLASSES, { type: 'MODIFIED', object: runtimeClass(last, version) });
      return sleep(DEFAULTS.settleMilliseconds);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Returns the CPU milliseconds for a Pod, the mean of several. */
export async function costOf(
  { server, next, ask }: SizedCluster,
  isFresh: boolean,
  pods: number,
): Promise<number> {
  const requests = Array.from({ length: pods }, () => next(isFresh));
  const cpu = await server.measureCpu(async () => {
    for (const request of requests) await ask(request);
  });
  return cpu / pods;
}

/** Decides until V8 has compiled the code: until a round costs as much as the one before it. */
export async function warmUp(cluster: SizedCluster, pods: number, { isQuick }: Bench): Promise<void> {
  for (const isFresh of [true, false]) {
    let last = Number.NaN;
    for (let round = 0; round < DEFAULTS.warmUpRounds[isQuick ? 'quick' : 'full']; round += 1) {
      const cost = await costOf(cluster, isFresh, 2 * pods);
      if (Math.abs(cost / last - 1) <= DEFAULTS.agreement) break;
      last = cost;
    }
  }
}

/** CPU milliseconds between two turns of the event loop, the longest of each call. */
export interface Blocks {
  readonly median: number;
  readonly highest: number;
}

export async function blocksOf(
  { server, next, ask }: SizedCluster,
  calls: number,
  before: () => Promise<void> = () => Promise.resolve(),
): Promise<Blocks> {
  const blocks: number[] = [];
  for (let call = 0; call < calls; call += 1) {
    const request = next(true);
    const block = await server.measureBlock(async () => {
      await before();
      await ask(request);
    });
    blocks.push(block);
  }
  return { median: median(blocks), highest: Math.max(...blocks) };
}
