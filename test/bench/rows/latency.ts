import { startBenchRegistry } from '../bench-images.ts';
import type { Bench, Row } from '../bench-row.ts';
import { checkBareAnswer, checkWebhookAnswer } from '../check-answer.ts';
import { collectGarbage } from '../collect-garbage.ts';
import { meterForeignWork } from '../foreign-work.ts';
import { openLoad } from '../load.ts';
import { startServer } from '../server-process.ts';
import { warmUp, type Side } from '../side-by-side.ts';
import { bareFastify, setUpStage } from '../stage.ts';
import { isTooBusy, judgeRatio, median, percentile } from '../statistics.ts';
import { writeMutateCalls } from '../webhook-calls.ts';

const LIMITS = { ratio: 3 } as const;

const DEFAULTS = {
  pairs: { full: 5, quick: 2 },
  roundSeconds: 2,
  capacityMilliseconds: 1500,
} as const;

interface Latency {
  readonly p50: number;
  readonly p99: number;
  /** Shares of the time in which the processors did other work. */
  readonly foreign: readonly (number | null)[];
}

async function measureRound({ load }: Side, perSecond: number, { pinning }: Bench): Promise<Latency> {
  // The load's own collections would count as latency.
  collectGarbage();
  const meters = [meterForeignWork(pinning, 'servers'), meterForeignWork(pinning, 'load')];
  const latencies = await load.runAtRate(perSecond, Math.round(perSecond * DEFAULTS.roundSeconds));
  const foreign = meters.map((meter) => meter());
  return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), foreign };
}

async function measurePairs(subject: Side, baseline: Side, bench: Bench) {
  // Half of what the slower one can do.
  const answers = await subject.load.run(DEFAULTS.capacityMilliseconds);
  const perSecond = answers / (DEFAULTS.capacityMilliseconds / 1000) / 2;
  const pairs: { readonly own: Latency; readonly bare: Latency }[] = [];
  for (let pair = 0; pair < DEFAULTS.pairs[bench.isQuick ? 'quick' : 'full']; pair += 1) {
    const own = await measureRound(subject, perSecond, bench);
    pairs.push({ own, bare: await measureRound(baseline, perSecond, bench) });
  }
  return { perSecond, pairs };
}

export const latency: Row = {
  name: 'latency',
  figure: "Latency at half of wasmgate's capacity ÷ bare Fastify",
  how: 'mutate calls at a constant rate, half of what wasmgate can answer; the latency of a call starts when it is due; median ratio of pairs of rounds',
  run: async (bench) => {
    await using served = await startBenchRegistry();
    await using stage = await setUpStage(bench, { registry: served.registry });
    await using webhook = await startServer(stage.inCluster, bench);
    await using bare = await startServer(bareFastify(bench), bench);
    const calls = writeMutateCalls(served.images);
    const ca = bench.bundle.certificate.caCert;
    using load = await openLoad({ port: webhook.port, ca }, { calls, check: checkWebhookAnswer });
    using bareLoad = await openLoad({ port: bare.port, ca }, { calls, check: checkBareAnswer });
    const [subject, baseline] = [
      { load, server: webhook },
      { load: bareLoad, server: bare },
    ];
    for (const side of [subject, baseline]) await warmUp(side, bench.isQuick);
    const { perSecond, pairs } = await measurePairs(subject, baseline, bench);
    const isBusy = isTooBusy(pairs.flatMap(({ own, bare: other }) => [...own.foreign, ...other.foreign]));
    const readings = (['p50', 'p99'] as const).map((key) => {
      const ratio = median(pairs.map(({ own, bare: other }) => own[key] / other[key]));
      const [own, other] = [
        median(pairs.map((pair) => pair.own[key])),
        median(pairs.map((pair) => pair.bare[key])),
      ];
      return {
        of: `${key} at ${perSecond.toFixed(0)}/s`,
        value: `${ratio.toFixed(2)}; ${own.toFixed(2)} ÷ ${other.toFixed(2)} ms`,
        goal: key === 'p99' ? `≤ ${LIMITS.ratio}` : '',
        outcome: key === 'p99' ? judgeRatio(ratio <= LIMITS.ratio, isBusy) : ('no goal' as const),
        numbers: { ratio, milliseconds: own, bareMilliseconds: other, perSecond },
      };
    });
    return { kind: 'measured', readings };
  },
};
