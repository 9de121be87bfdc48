import type { Bench, Reading, Row } from '../bench-row.ts';
import { checkAdmitted } from '../check-answer.ts';
import { askOnce, openConnection } from '../connection.ts';
import { createReviews } from '../pod-reviews.ts';
import { startServer } from '../server-process.ts';
import { LOOKUP_KINDS, startSlowRegistry, type LookupKind } from '../slow-registry.ts';
import { setUpStage } from '../stage.ts';
import { judgeCost } from '../statistics.ts';

const DEFAULTS = {
  pods: 5000,
  /** By default an API server has at most this many mutating requests in flight. */
  connections: 200,
  /** Long enough for all connections to wait for the first lookup. */
  delayMilliseconds: 100,
} as const;

async function measureBurst(bench: Bench, kind: LookupKind): Promise<Reading> {
  await using slow = await startSlowRegistry();
  await using stage = await setUpStage(bench, { registry: slow.registry });
  await using server = await startServer(stage.inCluster, bench);
  const target = { port: server.port, ca: bench.bundle.certificate.caCert };
  const connections = await Promise.all(
    Array.from({ length: DEFAULTS.connections }, () => openConnection(target)),
  );
  slow.setDelay(DEFAULTS.delayMilliseconds);
  const next = createReviews({ images: [slow.putUnseen(kind.image)], containers: 1, namespaces: 16 });
  const started = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let pod = 0; pod < DEFAULTS.pods / DEFAULTS.connections; pod += 1)
        checkAdmitted(await askOnce(connection, next(false)));
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const { close } of connections) close();
  const requests = slow.registry.log.length;
  return {
    of: kind.of,
    value: `${requests} requests (${seconds.toFixed(1)} s)`,
    goal: `≤ ${kind.responses}`,
    outcome: judgeCost(requests <= kind.responses),
    numbers: { requests, seconds },
  };
}

export const burst: Row = {
  name: 'burst',
  figure: '5,000 Pods of one unseen image over 200 connections',
  how: 'requests that the registry receives; the Pods are in 16 namespaces',
  run: async (bench) => {
    const readings: Reading[] = [];
    for (const kind of Object.values(LOOKUP_KINDS)) readings.push(await measureBurst(bench, kind));
    return { kind: 'measured', readings };
  },
};
