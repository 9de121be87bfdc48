import { checkBareAnswer, checkWebhookAnswer } from './check-answer.ts';
import { openLoad, type Load } from './load.ts';
import type { Pinning } from './pinning.ts';
import { cpuSeconds, median, residentMemory } from './process-figures.ts';
import { writeQuestions } from './questions.ts';
import { startServer, type ServerProcess } from './server-process.ts';
import type { Stage } from './stage.ts';

const DEFAULTS = {
  /** Pairs of short rounds, so that other work of the machine affects both of a pair alike. */
  pairs: 20,
  roundMilliseconds: 1000,
  /** Warm-up requests: V8 still recompiles functions after 40,000, on the server's own processor. */
  warmUpAnswers: 60_000,
  warmUpMilliseconds: 12_000,
} as const;

/** Figures of one server in one round, or the median of all. */
export interface Round {
  /** Answers per second of the server's CPU time; per second of the clock if CPU time is unavailable. */
  readonly perCore: number;
  readonly perSecond: number;
  /** CPU time divided by elapsed time. */
  readonly busy: number;
}

export interface Throughput {
  /** The webhook's answers per second and core ÷ bare Fastify's, the median of pairs of rounds. */
  readonly ratio: number;
  readonly ratios: readonly number[];
  readonly webhook: Round;
  readonly bareFastify: Round;
  /** Memory of the webhook after all rounds, in MiB. */
  readonly memoryAfterLoad: number | null;
}

async function warmUp(load: Load): Promise<void> {
  const until = performance.now() + DEFAULTS.warmUpMilliseconds;
  for (let answers = 0; answers < DEFAULTS.warmUpAnswers && performance.now() < until;) {
    answers += await load.run(DEFAULTS.roundMilliseconds);
  }
}

async function runRound(load: Load, { pid }: ServerProcess): Promise<Round> {
  const cpuBefore = cpuSeconds(pid);
  const started = performance.now();
  const answers = await load.run(DEFAULTS.roundMilliseconds);
  const seconds = (performance.now() - started) / 1000;
  const cpu = cpuBefore === null ? seconds : (cpuSeconds(pid) ?? 0) - cpuBefore;
  return { perCore: answers / cpu, perSecond: answers / seconds, busy: cpu / seconds };
}

function middle(rounds: readonly Round[]): Round {
  const of = (key: keyof Round): number => median(rounds.map((round) => round[key]));
  return { perCore: of('perCore'), perSecond: of('perSecond'), busy: of('busy') };
}

export async function measureThroughput(stage: Stage, pinning: Pinning): Promise<Throughput> {
  const { ca, images } = stage;
  const questions = writeQuestions(images);
  await using webhook = await startServer(stage.inCluster, { pinning, ca });
  await using bare = await startServer(stage.bareFastify, { pinning, ca });
  using webhookLoad = await openLoad({ port: webhook.port, ca }, questions, checkWebhookAnswer);
  using bareLoad = await openLoad({ port: bare.port, ca }, questions, checkBareAnswer);
  for (const load of [webhookLoad, bareLoad]) await warmUp(load);
  const lookUps = stage.registryRequests();
  const rounds: { readonly webhook: Round; readonly bare: Round }[] = [];
  for (let pair = 0; pair < DEFAULTS.pairs; pair += 1) {
    const first = await runRound(webhookLoad, webhook);
    rounds.push({ webhook: first, bare: await runRound(bareLoad, bare) });
  }
  if (stage.registryRequests() > lookUps) throw new Error('Cannot call this warm: the registry was asked');
  const ratios = rounds.map((round) => round.webhook.perCore / round.bare.perCore);
  return {
    ratio: median(ratios),
    ratios,
    webhook: middle(rounds.map((round) => round.webhook)),
    bareFastify: middle(rounds.map((round) => round.bare)),
    memoryAfterLoad: residentMemory(webhook.pid),
  };
}
