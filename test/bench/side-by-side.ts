import type { Load } from './load.ts';
import { cpuSeconds, meterWaits } from './process-figures.ts';
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
  /** The share of the time in which the server waited for its processor. */
  readonly waits: number | null;
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

async function runRound({ load, server: { pid } }: Side): Promise<Round> {
  const waits = meterWaits(pid);
  const cpuBefore = cpuSeconds(pid);
  const started = performance.now();
  const answers = await load.run(DEFAULTS.roundMilliseconds);
  const seconds = (performance.now() - started) / 1000;
  const cpu = cpuBefore === null ? seconds : (cpuSeconds(pid) ?? 0) - cpuBefore;
  return { perCore: answers / cpu, perSecond: answers / seconds, waits: waits() };
}

function middle(rounds: readonly Round[]): Rates {
  const of = (key: keyof Rates): number => median(rounds.map((round) => round[key]));
  return { perCore: of('perCore'), perSecond: of('perSecond') };
}

function medianWait(rounds: readonly Round[]): number {
  return median(rounds.map(({ waits }) => waits ?? 0));
}

/** Loads two servers by turns; both must be warm. */
export async function compareRates(subject: Side, baseline: Side, isQuick: boolean): Promise<Comparison> {
  const rounds: { readonly subject: Round; readonly baseline: Round }[] = [];
  for (let pair = 0; pair < DEFAULTS.pairs[isQuick ? 'quick' : 'full']; pair += 1) {
    const first = await runRound(subject);
    rounds.push({ subject: first, baseline: await runRound(baseline) });
  }
  const ratios = rounds.map((round) => round.subject.perCore / round.baseline.perCore);
  return {
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    subject: middle(rounds.map((round) => round.subject)),
    baseline: middle(rounds.map((round) => round.baseline)),
    isBusy: isTooBusy([
      medianWait(rounds.map((round) => round.subject)),
      medianWait(rounds.map((round) => round.baseline)),
    ]),
  };
}
