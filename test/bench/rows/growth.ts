import { setTimeout as sleep } from 'node:timers/promises';
import { loadFixtureImages, putFixtureImage } from '../../support/image/fixture-images.ts';
import { startRegistry, type TestRegistry } from '../../support/registry/registry.ts';
import type { Bench, Reading, Row } from '../bench-row.ts';
import { askOnce, openConnection, type Connection } from '../connection.ts';
import { createReviews, type ReviewOptions } from '../pod-reviews.ts';
import { meterWaits } from '../process-figures.ts';
import { startServer, type ServerProcess } from '../server-process.ts';
import { setUpStage } from '../stage.ts';
import { isTooBusy, judgeCost, median } from '../statistics.ts';

const IMAGE = 'bk-wasi-wasm';
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

const LIMITS = {
  /** What counts as flat, and as linear: caches of the processor and garbage make a large cluster slower by as much. */
  ratio: 1.25,
  blockMilliseconds: 5,
} as const;

interface Size {
  readonly nodes: number;
  /** Null for those that wasmgate ships. */
  readonly classes: number | null;
  readonly containers: number;
  readonly namespaces: number;
}

const BASE: Size = { nodes: 3, classes: null, containers: 1, namespaces: 16 };
const FEWEST_CLASSES: Size = { ...BASE, classes: 1 };

interface Step {
  readonly of: string;
  readonly size: Size;
  readonly smallest: Size;
  /** Only the full benchmark measures it. */
  readonly isBetween?: boolean;
}

const STEPS: readonly Step[] = [
  { of: '500 nodes ÷ 3', size: { ...BASE, nodes: 500 }, smallest: BASE, isBetween: true },
  { of: '5,000 nodes ÷ 3', size: { ...BASE, nodes: 5000 }, smallest: BASE },
  { of: '100 classes ÷ 1', size: { ...BASE, classes: 100 }, smallest: FEWEST_CLASSES, isBetween: true },
  { of: '1,000 classes ÷ 1', size: { ...BASE, classes: 1000 }, smallest: FEWEST_CLASSES },
  {
    of: '10 containers ÷ 1, per container',
    size: { ...BASE, containers: 10 },
    smallest: BASE,
    isBetween: true,
  },
  { of: '256 containers ÷ 1, per container', size: { ...BASE, containers: 256 }, smallest: BASE },
  { of: '10,000 namespaces ÷ 16', size: { ...BASE, namespaces: 10_000 }, smallest: BASE },
];

/** The largest cluster that Kubernetes supports, and the most containers that wasmgate judges in a Pod. */
const LARGEST: Size = { nodes: 5000, classes: 1000, containers: 256, namespaces: 10_000 };

interface Growth {
  /** CPU milliseconds for a Pod unlike all before it, and for one like the last. */
  readonly fresh: number;
  readonly repeated: number;
  /** CPU milliseconds between two turns of the event loop: for a Pod, and for one after a class has changed. */
  readonly block: number;
  readonly blockAfterChange: number;
  readonly isBusy: boolean;
}

/** Distinct selectors: wasmgate cannot treat two classes as one. */
function runtimeClass(index: number, version = 1): object {
  return {
    metadata: { name: `class-${index}`, uid: `class-${index}`, resourceVersion: String(version) },
    handler: HANDLERS[index % HANDLERS.length],
    ...(index === 0 ? {} : { scheduling: { nodeSelector: { kind: `${index}-${version}` } } }),
  };
}

function clusterOf({ nodes, classes, namespaces }: Size) {
  const names = Array.from({ length: namespaces }, (_, index) => `team-${index + 1}`);
  return {
    namespaces: names,
    // The stage's cluster has three of its own.
    nodes: nodes - 3,
    withoutShippedClasses: classes !== null,
    runtimeClasses: Array.from({ length: classes ?? 0 }, (_, index) => runtimeClass(index)),
  };
}

function checkDecided(answer: string): void {
  const { response } = JSON.parse(answer) as { response: { allowed: boolean; patch?: string } };
  const patch = Buffer.from(response.patch ?? '', 'base64').toString();
  if (response.allowed && patch.includes('/spec/runtimeClassName')) return;
  throw new Error(`Cannot call this decided: ${answer}`);
}

interface Rounds {
  readonly rounds: number;
  readonly pods: number;
}

/** Rounds of about as much work in every size: the time of a decision grows with containers. */
function roundsOf({ containers }: Size, { isQuick }: Bench): Rounds {
  return { rounds: isQuick ? 5 : 9, pods: Math.max(4, Math.round(100 / containers)) };
}

interface Measured {
  readonly server: ServerProcess;
  readonly connection: Connection;
  readonly next: (isFresh: boolean) => Buffer;
}

async function costOf({ server, connection, next }: Measured, isFresh: boolean, { rounds, pods }: Rounds) {
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const requests = Array.from({ length: pods }, () => next(isFresh));
    const cpu = await server.measureCpu(async () => {
      for (const request of requests) await askOnce(connection, request);
    });
    costs.push(cpu / pods);
  }
  return median(costs);
}

async function blockOf(
  { server, connection, next }: Measured,
  count: number,
  before: () => Promise<void>,
): Promise<number> {
  const blocks: number[] = [];
  for (let pod = 0; pod < count; pod += 1) {
    const request = next(true);
    const block = await server.measureBlock(async () => {
      await before();
      await askOnce(connection, request);
    });
    blocks.push(block);
  }
  return median(blocks);
}

async function measureSize(bench: Bench, registry: TestRegistry, size: Size): Promise<Growth> {
  await using stage = await setUpStage(bench, { registry, ...clusterOf(size) });
  await using server = await startServer(stage.observed, bench);
  const connection = await openConnection({ port: server.port, ca: bench.bundle.certificate.caCert });
  const options: ReviewOptions = {
    images: [`${registry.host}/corpus/${IMAGE}:latest`],
    containers: size.containers,
    namespaces: size.namespaces,
  };
  const measured: Measured = { server, connection, next: createReviews(options) };
  checkDecided(await askOnce(connection, measured.next(true)));
  const rounds = roundsOf(size, bench);
  // Compiles the code of both ways.
  for (const isFresh of [true, false]) await costOf(measured, isFresh, { ...rounds, pods: 2 * rounds.pods });
  const waits = meterWaits(server.pid);
  const fresh = await costOf(measured, true, rounds);
  const repeated = await costOf(measured, false, rounds);
  const block = await blockOf(measured, 2 * rounds.rounds, () => Promise.resolve());
  let version = 1;
  const blockAfterChange = await blockOf(measured, rounds.rounds, () => {
    version += 1;
    stage.api.announce(CLASSES, { type: 'MODIFIED', object: runtimeClass((size.classes ?? 2) - 1, version) });
    return sleep(50);
  });
  connection.close();
  return { fresh, repeated, block, blockAfterChange, isBusy: isTooBusy([waits()]) };
}

function describeBlock({ block, blockAfterChange }: Growth): string {
  return `event loop ${block.toFixed(1)} ms, after a RuntimeClass changed ${blockAfterChange.toFixed(1)} ms`;
}

function describeStep({ of, size, smallest }: Step, large: Growth, small: Growth): Reading {
  const share = size.containers / smallest.containers;
  const ratio = large.fresh / small.fresh / share;
  const repeated = large.repeated / small.repeated / share;
  const longest = Math.max(large.block, large.blockAfterChange);
  const { fresh: milliseconds } = large;
  return {
    of,
    value: `${ratio.toFixed(2)} (for a repeated Pod: ${repeated.toFixed(2)}); ${describeBlock(large)}`,
    goal: `≤ ${LIMITS.ratio}; event loop < ${LIMITS.blockMilliseconds} ms`,
    outcome: judgeCost(
      ratio <= LIMITS.ratio && longest < LIMITS.blockMilliseconds,
      large.isBusy || small.isBusy,
    ),
    numbers: {
      ratio,
      repeatedRatio: repeated,
      milliseconds,
      smallestMilliseconds: small.fresh,
      blockMilliseconds: large.block,
      blockAfterChangeMilliseconds: large.blockAfterChange,
    },
  };
}

function describeLargest(largest: Growth): Reading {
  const { block, blockAfterChange, fresh } = largest;
  return {
    of: '256 containers, 1,000 classes, 5,000 nodes, 10,000 namespaces',
    value: `${fresh.toFixed(1)} ms; ${describeBlock(largest)}`,
    goal: `event loop < ${LIMITS.blockMilliseconds} ms`,
    outcome: judgeCost(Math.max(block, blockAfterChange) < LIMITS.blockMilliseconds, largest.isBusy),
    numbers: {
      milliseconds: fresh,
      blockMilliseconds: block,
      blockAfterChangeMilliseconds: blockAfterChange,
    },
  };
}

export const growth: Row = {
  name: 'growth',
  figure: 'Cost of a decision as the cluster grows',
  how: "CPU time of a mutate call for a new Pod with a Wasm image, one call at a time, ÷ that in the smallest cluster; in the last line, the CPU time itself; event loop: CPU time of a call's longest turn, the median of all calls",
  run: async (bench) => {
    await using registry = await startRegistry({
      images: (store) => {
        for (const image of loadFixtureImages()) if (image.name === IMAGE) putFixtureImage(store, image);
      },
    });
    const smallest = new Map<Size, Growth>();
    for (const size of [BASE, FEWEST_CLASSES]) smallest.set(size, await measureSize(bench, registry, size));
    const readings: Reading[] = [];
    for (const step of STEPS) {
      const small = smallest.get(step.smallest);
      if (small === undefined || (bench.isQuick && step.isBetween === true)) continue;
      readings.push(describeStep(step, await measureSize(bench, registry, step.size), small));
    }
    readings.push(describeLargest(await measureSize(bench, registry, LARGEST)));
    return { kind: 'measured', readings };
  },
};
