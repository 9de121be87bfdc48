import type { Bench } from './bench-row.ts';
import { meterForeignWork } from './foreign-work.ts';
import type { Load } from './load.ts';
import { cpuSeconds } from './process-figures.ts';
import type { ServerProcess } from './server-process.ts';
import { isTooBusy, median } from './statistics.ts';

const DEFAULTS = {
  /** Pairs of short rounds, so that other work of the machine affects both of a pair alike. */
  pairs: { full: 12, quick: 4 },
  roundMilliseconds: 600,
  /** Warm-up requests: V8 still recompiles functions after 40,000, on the server's own processor. */
  warmUpAnswers: { full: 50_000, quick: 10_000 },
  warmUpMilliseconds: 6000,
} as const;

/** A server under load. */
export interface Side {
  readonly load: Load;
  readonly server: ServerProcess;
}

/** Figures of one server in one round, or the median of all. */
interface Rates {
  /** Answers per second of the server's CPU time; per second of the clock if CPU time is unavailable. */
  readonly perCore: number;
  readonly perSecond: number;
}

interface Round extends Rates {
  /** The share of the time in which the servers' processor did other work. */
  readonly foreign: number | null;
}

export interface Comparison {
  /** Answers per second and core ÷ the baseline's, the median of pairs of rounds. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  readonly subject: Rates;
  readonly baseline: Rates;
  readonly isBusy: boolean;
}

export async function warmUp({ load }: Side, isQuick: boolean): Promise<void> {
  const wanted = DEFAULTS.warmUpAnswers[isQuick ? 'quick' : 'full'];
  const until = performance.now() + DEFAULTS.warmUpMilliseconds;
  for (let answers = 0; answers < wanted && performance.now() < until;) {
    answers += await load.run(DEFAULTS.roundMilliseconds);
  }
}

async function runRound({ load, server: { pid } }: Side, { pinning }: Bench): Promise<Round> {
  const foreign = meterForeignWork(pinning, 'servers');
  const cpuBefore = cpuSeconds(pid);
  const started = performance.now();
  const answers = await load.run(DEFAULTS.roundMilliseconds);
  const seconds = (performance.now() - started) / 1000;
  const cpu = cpuBefore === null ? seconds : (cpuSeconds(pid) ?? 0) - cpuBefore;
  return { perCore: answers / cpu, perSecond: answers / seconds, foreign: foreign() };
}

function middle(rounds: readonly Round[]): Rates {
  const of = (key: keyof Rates): number => median(rounds.map((round) => round[key]));
  return { perCore: of('perCore'), perSecond: of('perSecond') };
}

function medianForeign(rounds: readonly Round[]): number {
  return median(rounds.map(({ foreign }) => foreign ?? 0));
}

/** Loads two servers by turns; both must be warm. */
export async function compareRates(subject: Side, baseline: Side, bench: Bench): Promise<Comparison> {
  const rounds: { readonly subject: Round; readonly baseline: Round }[] = [];
  for (let pair = 0; pair < DEFAULTS.pairs[bench.isQuick ? 'quick' : 'full']; pair += 1) {
    const first = await runRound(subject, bench);
    rounds.push({ subject: first, baseline: await runRound(baseline, bench) });
  }
  const ratios = rounds.map((round) => round.subject.perCore / round.baseline.perCore);
  return {
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    subject: middle(rounds.map((round) => round.subject)),
    baseline: middle(rounds.map((round) => round.baseline)),
    isBusy: isTooBusy([
      medianForeign(rounds.map((round) => round.subject)),
      medianForeign(rounds.map((round) => round.baseline)),
    ]),
  };
}
