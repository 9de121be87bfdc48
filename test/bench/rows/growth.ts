import { startRegistry, type TestRegistry } from '../../support/registry/registry.ts';
import type { Bench, Outcome, Reading, Row } from '../bench-row.ts';
import { meterForeignWork } from '../foreign-work.ts';
import { putManyImages } from '../many-images.ts';
import {
  blocksOf,
  costOf,
  startSizedCluster,
  warmUp,
  type Blocks,
  type ClusterSize,
  type SizedCluster,
} from '../sized-cluster.ts';
import { isTooBusy, judgeCost, judgeRatio, median } from '../statistics.ts';

const IMAGE = 'corpus/bk-wasi-wasm:latest';

const LIMITS = {
  /** What counts as flat, and as linear: caches of the processor and garbage make a large cluster slower by as much. */
  ratio: 1.25,
  blockMilliseconds: 5,
} as const;

const BASE: ClusterSize = { nodes: 3, classes: null, namespaces: 16, containers: 1 };
const FEWEST_CLASSES: ClusterSize = { ...BASE, classes: 1 };
/** Where a Pod's containers cost more than the Pod itself. */
const TEN_CONTAINERS: ClusterSize = { ...BASE, containers: 10 };
/** The most containers that wasmgate judges in a Pod. */
const MOST_CONTAINERS = 256;

interface Step {
  readonly of: string;
  readonly size: ClusterSize;
  /** Only the full benchmark measures it. */
  readonly isBetween?: boolean;
}

/** The smallest cluster of a kind, and those that are compared with it. */
const KINDS: readonly { readonly smallest: ClusterSize; readonly steps: readonly Step[] }[] = [
  {
    smallest: BASE,
    steps: [
      { of: '500 nodes ÷ 3', size: { ...BASE, nodes: 500 }, isBetween: true },
      { of: '5,000 nodes ÷ 3', size: { ...BASE, nodes: 5000 } },
      { of: '10,000 namespaces ÷ 16', size: { ...BASE, namespaces: 10_000 } },
    ],
  },
  {
    smallest: FEWEST_CLASSES,
    steps: [
      { of: '100 classes ÷ 1', size: { ...BASE, classes: 100 }, isBetween: true },
      { of: '1,000 classes ÷ 1', size: { ...BASE, classes: 1000 } },
    ],
  },
  {
    smallest: TEN_CONTAINERS,
    steps: [
      {
        of: '256 containers ÷ 10, per container',
        size: { ...BASE, containers: MOST_CONTAINERS },
      },
    ],
  },
];

/** The largest cluster that Kubernetes supports. */
const LARGEST: ClusterSize = {
  nodes: 5000,
  classes: 1000,
  namespaces: 10_000,
  containers: MOST_CONTAINERS,
};

/** Rounds of about as much work in every size: the time of a decision grows with containers. */
function roundsOf({ containers }: ClusterSize, { isQuick }: Bench) {
  return { rounds: isQuick ? 5 : 9, pods: Math.max(4, Math.round(100 / containers)) };
}

interface Measured {
  readonly cluster: SizedCluster;
  readonly size: ClusterSize;
}

/** CPU milliseconds for a Pod, by turns in both clusters, so that other work of the machine affects both alike. */
async function compare(large: Measured, small: Measured, isFresh: boolean, bench: Bench) {
  const foreign = meterForeignWork(bench.pinning, 'servers');
  const [many, few] = [roundsOf(large.size, bench), roundsOf(small.size, bench)];
  const pairs: { readonly large: number; readonly small: number }[] = [];
  for (let round = 0; round < many.rounds; round += 1) {
    const first = await costOf(large.cluster, isFresh, many.pods);
    pairs.push({ large: first, small: await costOf(small.cluster, isFresh, few.pods) });
  }
  const share = large.size.containers / small.size.containers;
  return {
    ratio: median(pairs.map((pair) => pair.large / pair.small / share)),
    milliseconds: median(pairs.map((pair) => pair.large)),
    smallest: median(pairs.map((pair) => pair.small)),
    isBusy: isTooBusy([foreign()]),
  };
}

interface EventLoop {
  readonly calls: Blocks;
  readonly changes: Blocks;
}

async function measureEventLoop({ cluster, size }: Measured, bench: Bench): Promise<EventLoop> {
  const { rounds } = roundsOf(size, bench);
  return {
    calls: await blocksOf(cluster, 2 * rounds),
    changes: await blocksOf(cluster, rounds, cluster.changeClass),
  };
}

function describeEventLoop({ calls, changes }: EventLoop): string {
  const of = ({ median: middle, highest }: Blocks): string =>
    `${middle.toFixed(1)} ms (at most ${highest.toFixed(1)})`;
  return `event loop ${of(calls)}, after a RuntimeClass changed ${of(changes)}`;
}

/** CPU time does not count the work of others. */
function judgeEventLoop({ calls, changes }: EventLoop): Outcome {
  return judgeCost(Math.max(calls.median, changes.median) < LIMITS.blockMilliseconds);
}

function eventLoopNumbers({ calls, changes }: EventLoop): Reading['numbers'] {
  return {
    blockMilliseconds: calls.median,
    highestBlockMilliseconds: calls.highest,
    blockAfterChangeMilliseconds: changes.median,
    highestBlockAfterChangeMilliseconds: changes.highest,
  };
}

async function measureStep(of: string, large: Measured, small: Measured, bench: Bench): Promise<Reading> {
  for (const { cluster, size } of [large, small]) await warmUp(cluster, roundsOf(size, bench).pods, bench);
  const fresh = await compare(large, small, true, bench);
  const repeated = await compare(large, small, false, bench);
  const eventLoop = await measureEventLoop(large, bench);
  const outcome = judgeEventLoop(eventLoop);
  return {
    of,
    value: `${fresh.ratio.toFixed(2)} (for a repeated Pod: ${repeated.ratio.toFixed(2)}); ${describeEventLoop(eventLoop)}`,
    goal: `≤ ${LIMITS.ratio}; event loop < ${LIMITS.blockMilliseconds} ms`,
    outcome: outcome === 'met' ? judgeRatio(fresh.ratio <= LIMITS.ratio, fresh.isBusy) : outcome,
    numbers: {
      ratio: fresh.ratio,
      repeatedRatio: repeated.ratio,
      milliseconds: fresh.milliseconds,
      smallestMilliseconds: fresh.smallest,
      ...eventLoopNumbers(eventLoop),
    },
  };
}

interface Place {
  readonly bench: Bench;
  readonly registry: TestRegistry;
}

/** Measures a cluster that has no smaller one to compare it with. */
async function measureAlone(
  of: string,
  { bench, registry }: Place,
  options: { readonly size: ClusterSize; readonly images: readonly string[] },
): Promise<Reading> {
  const { size } = options;
  const { rounds, pods } = roundsOf(size, bench);
  await using cluster = await startSizedCluster(bench, { registry, ...options });
  await warmUp(cluster, pods, bench);
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) costs.push(await costOf(cluster, true, pods));
  const milliseconds = median(costs);
  const eventLoop = await measureEventLoop({ cluster, size }, bench);
  return {
    of,
    value: `${milliseconds.toFixed(1)} ms; ${describeEventLoop(eventLoop)}`,
    goal: `event loop < ${LIMITS.blockMilliseconds} ms`,
    outcome: judgeEventLoop(eventLoop),
    numbers: { milliseconds, ...eventLoopNumbers(eventLoop) },
  };
}

async function measureSteps(
  { bench, registry }: Place,
  images: readonly string[],
): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for (const { smallest, steps } of KINDS) {
    await using small = await startSizedCluster(bench, { registry, images, size: smallest });
    for (const { of, size } of steps.filter(({ isBetween }) => !bench.isQuick || isBetween !== true)) {
      await using large = await startSizedCluster(bench, { registry, images, size });
      const [own, other] = [
        { cluster: large, size },
        { cluster: small, size: smallest },
      ];
      readings.push(await measureStep(of, own, other, bench));
    }
  }
  return readings;
}

export const growth: Row = {
  name: 'growth',
  figure: 'Cost of a decision as the cluster grows',
  how: 'CPU time of a mutate call for a new Pod with a Wasm image, one call at a time, ÷ that in the smallest cluster, in alternating rounds; in the last two lines, the CPU time itself; event loop: CPU time of the longest turn of a call, the median of all calls, which is judged, and the highest',
  run: async (bench) => {
    let names: readonly string[] = [];
    await using registry = await startRegistry({
      images: (store) => {
        names = putManyImages(store, MOST_CONTAINERS);
      },
    });
    const place = { bench, registry };
    const [one, many] = [[IMAGE], names].map((list) => list.map((name) => `${registry.host}/${name}`));
    const readings = [...(await measureSteps(place, one ?? []))];
    const size = { ...BASE, containers: MOST_CONTAINERS };
    readings.push(
      await measureAlone('256 containers of 256 images, half of them Wasm', place, {
        size,
        images: many ?? [],
      }),
      await measureAlone('256 containers, 1,000 classes, 5,000 nodes, 10,000 namespaces', place, {
        size: LARGEST,
        images: one ?? [],
      }),
    );
    return { kind: 'measured', readings };
  },
};
