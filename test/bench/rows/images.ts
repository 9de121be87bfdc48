import { setTimeout as sleep } from 'node:timers/promises';
import { startRegistry, type TestRegistry } from '../../support/registry/registry.ts';
import type { Row } from '../bench-row.ts';
import { checkAdmitted } from '../check-answer.ts';
import { askOnce, openConnection, type Connection } from '../connection.ts';
import { putManyImages } from '../many-images.ts';
import { createReviews } from '../pod-reviews.ts';
import { residentMemory } from '../process-figures.ts';
import { startServer } from '../server-process.ts';
import { setUpStage } from '../stage.ts';
import { judgeCost } from '../statistics.ts';

const LIMITS = { bytesPerImage: 2048, mebibytes: 120 } as const;

const DEFAULTS = {
  /** As many as wasmgate remembers by default. */
  images: { full: 10_000, quick: 4000 },
  /** Images that are known before the memory is measured: their Pods compile code, and fill the cache of 500 decisions. */
  before: { full: 3000, quick: 1800 },
  /** Images until the memory is measured again. */
  until: { full: 9000, quick: 3600 },
  reviews: { full: 100_000, quick: 10_000 },
  connections: 16,
  /** Images of a Pod, while they are unseen. */
  containers: 3,
} as const;

/** Sends all requests on all connections, each when the one before it is answered. */
async function sendAll(
  connections: readonly Connection[],
  count: number,
  requestOf: (index: number) => Buffer,
): Promise<void> {
  let sent = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (sent < count) {
        const request = requestOf(sent);
        sent += 1;
        checkAdmitted(await askOnce(connection, request));
      }
    }),
  );
}

/** Lookups that outlast their Pods' calls end later. */
async function untilQuiet({ log }: TestRegistry): Promise<void> {
  for (let before = -1; before < log.length;) {
    before = log.length;
    await sleep(500);
  }
}

export const images: Row = {
  name: 'images',
  figure: 'Memory and requests with 10,000 images',
  how: 'growth of the heap from 3,000 to 9,000 images, after garbage collections, ÷ 6,000; resident memory after the reviews, with the heap limit of the container',
  run: async (bench) => {
    const size = bench.isQuick ? 'quick' : 'full';
    await using registry = await startRegistry();
    const names = putManyImages(registry.store, DEFAULTS.images[size]);
    const references = names.map((name) => `${registry.host}/${name}`);
    await using stage = await setUpStage(bench, { registry });
    await using server = await startServer(stage.observed, bench);
    const target = { port: server.port, ca: bench.bundle.certificate.caCert };
    const connections = await Promise.all(
      Array.from({ length: DEFAULTS.connections }, () => openConnection(target)),
    );
    const { containers } = DEFAULTS;
    const podOf = (from: number, count: number): Buffer => {
      const own = references.slice(from, from + count);
      return createReviews({ images: own, containers: own.length, namespaces: 16, start: from })(true);
    };
    const learn = async (from: number, to: number): Promise<void> => {
      const pods = Math.ceil((to - from) / containers);
      await sendAll(connections, pods, (index) => podOf(from + index * containers, containers));
      await untilQuiet(registry);
    };
    const [before, until] = [DEFAULTS.before[size], DEFAULTS.until[size]];
    await learn(0, before);
    const usedBefore = await server.usedBytes();
    await learn(before, until);
    const bytes = ((await server.usedBytes()) - usedBefore) / (until - before);
    await learn(until, references.length);
    const requests = references.map((_, index) => podOf(index, 1));
    const lookups = registry.log.length;
    const reviews = DEFAULTS.reviews[size];
    await sendAll(connections, reviews, (index) => requests[index % requests.length] ?? Buffer.alloc(0));
    for (const { close } of connections) close();
    const late = registry.log.length - lookups;
    const mebibytes = residentMemory(server.pid) ?? Number.NaN;
    return {
      kind: 'measured',
      readings: [
        {
          of: 'memory per image',
          value: `${(bytes / 1024).toFixed(2)} KiB`,
          goal: `≤ ${LIMITS.bytesPerImage / 1024} KiB`,
          outcome: judgeCost(bytes <= LIMITS.bytesPerImage),
          numbers: { bytesPerImage: bytes },
        },
        {
          of: 'resident memory after the reviews',
          value: `${mebibytes.toFixed(0)} MiB (${names.length.toLocaleString('en')} images, ${reviews.toLocaleString('en')} reviews)`,
          goal: `≤ ${LIMITS.mebibytes} MiB`,
          outcome: judgeCost(mebibytes <= LIMITS.mebibytes),
          numbers: { mebibytes, images: names.length, reviews },
        },
        {
          of: 'requests to the registry during the reviews',
          value: String(late),
          goal: '0',
          outcome: judgeCost(late === 0),
          numbers: { requests: late },
        },
      ],
    };
  },
};
