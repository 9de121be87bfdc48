import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Reading, Row } from '../bench-row.ts';
import { checkAdmitted } from '../check-answer.ts';
import { askOnce, openConnection, type Connection } from '../connection.ts';
import { meterForeignWork } from '../foreign-work.ts';
import { createReviews } from '../pod-reviews.ts';
import { startServer } from '../server-process.ts';
import { LOOKUP_KINDS, startSlowRegistry, type LookupKind, type SlowRegistry } from '../slow-registry.ts';
import { setUpStage } from '../stage.ts';
import { isTooBusy, judgeCost, median } from '../statistics.ts';

const LIMITS = {
  /** Beyond the responses that are waited for one after the other. */
  milliseconds: 20,
  /** Responses for a token: the challenge, and the token. */
  token: 2,
} as const;

const DEFAULTS = {
  delays: [0, 20, 100],
  lookups: { full: 7, quick: 3 },
  /** Milliseconds until late requests, which would count for the next Pod, have arrived. */
  settleMilliseconds: 15,
} as const;

interface Case {
  readonly kind: LookupKind;
  readonly containers: number;
}

const CASES: readonly Case[] = [
  { kind: LOOKUP_KINDS.plain, containers: 1 },
  { kind: LOOKUP_KINDS.plain, containers: 10 },
  { kind: LOOKUP_KINDS.index, containers: 1 },
  { kind: LOOKUP_KINDS.layer, containers: 1 },
];

const CASES_WITH_TOKEN = CASES.filter(({ kind }) => kind === LOOKUP_KINDS.plain);

interface Lookup {
  /** For each image. */
  readonly responses: number;
  readonly milliseconds: number;
}

interface Place {
  readonly slow: SlowRegistry;
  readonly connection: Connection;
}

/** Measures one Pod whose images are all unseen. */
async function lookUp({ slow, connection }: Place, { kind, containers }: Case): Promise<Lookup> {
  const images = Array.from({ length: containers }, () => slow.putUnseen(kind.image));
  const request = createReviews({ images, containers, namespaces: 1 })(true);
  const before = slow.registry.log.length;
  const started = performance.now();
  const answer = await askOnce(connection, request);
  const milliseconds = performance.now() - started;
  checkAdmitted(answer);
  await sleep(DEFAULTS.settleMilliseconds);
  return { responses: (slow.registry.log.length - before) / containers, milliseconds };
}

async function measureCase(
  place: Place,
  each: Case,
  { isQuick, pinning }: Bench,
  withToken: boolean,
): Promise<Reading> {
  const { slow } = place;
  const most = each.kind.responses + (withToken ? LIMITS.token : 0);
  const overs: number[] = [];
  const counts: number[] = [];
  const meters = [meterForeignWork(pinning, 'servers'), meterForeignWork(pinning, 'load')];
  const connections = slow.connections();
  for (const delay of DEFAULTS.delays) {
    slow.setDelay(delay);
    const over: number[] = [];
    for (let lookup = 0; lookup < DEFAULTS.lookups[isQuick ? 'quick' : 'full']; lookup += 1) {
      const { responses, milliseconds } = await lookUp(place, each);
      counts.push(responses);
      over.push(milliseconds - Math.ceil(responses) * delay);
    }
    overs.push(median(over));
  }
  const responses = Math.max(...counts);
  const opened = slow.connections() - connections;
  const isMet = responses <= most && overs.every((over) => over <= LIMITS.milliseconds);
  const [none = Number.NaN, near = Number.NaN, far = Number.NaN] = overs;
  const words = [
    each.kind.of,
    ...(withToken ? ['with a token'] : []),
    each.containers === 1 ? '1 container' : `${each.containers} containers`,
  ];
  return {
    of: words.join(', '),
    value: `${responses} responses + ${overs.map((over) => over.toFixed(0)).join(' / ')} ms, ${opened} new connections`,
    goal: `≤ ${most} + ${LIMITS.milliseconds} ms`,
    outcome: judgeCost(isMet, responses <= most && isTooBusy(meters.map((meter) => meter()))),
    numbers: {
      responses,
      overMillisecondsAt0: none,
      overMillisecondsAt20: near,
      overMillisecondsAt100: far,
      connections: opened,
    },
  };
}

async function measureRegistry(bench: Bench, withToken: boolean): Promise<readonly Reading[]> {
  await using slow = await startSlowRegistry(withToken ? { auth: 'bearer', anonymousPull: true } : {});
  await using stage = await setUpStage(bench, { registry: slow.registry });
  await using server = await startServer(stage.inCluster, bench);
  const connection = await openConnection({ port: server.port, ca: bench.bundle.certificate.caCert });
  const place = { slow, connection };
  // Compiles the code, and opens connections.
  for (let lookup = 0; lookup < 20; lookup += 1)
    for (const { kind } of CASES) await lookUp(place, { kind, containers: 3 });
  const readings: Reading[] = [];
  for (const each of withToken ? CASES_WITH_TOKEN : CASES)
    readings.push(await measureCase(place, each, bench, withToken));
  connection.close();
  return readings;
}

export const cold: Row = {
  name: 'cold',
  figure: 'Lookup of an unseen image',
  how: 'the most responses of the registry for one image; the median time of a mutate call beyond them, if each response takes 0 / 20 / 100 ms; the TCP connections that all calls of the line together opened',
  run: async (bench) => ({
    kind: 'measured',
    readings: [...(await measureRegistry(bench, false)), ...(await measureRegistry(bench, true))],
  }),
};
