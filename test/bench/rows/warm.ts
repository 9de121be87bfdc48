import { startBenchRegistry } from '../bench-images.ts';
import type { Bench, Reading, Row } from '../bench-row.ts';
import { checkBareAnswer, checkValidated, checkWebhookAnswer } from '../check-answer.ts';
import { openLoad } from '../load.ts';
import { startServer, type ServerProcess } from '../server-process.ts';
import { compareRates, warmUp } from '../side-by-side.ts';
import { bareFastify, setUpStage } from '../stage.ts';
import { judgeRatio } from '../statistics.ts';
import { freshen, type WebhookCall, writeMutateCalls, writeValidateCalls } from '../webhook-calls.ts';

const LIMITS = { ratio: 0.65 } as const;

interface MeasuredCall {
  readonly of: string;
  /** Whether the goal is for these calls. */
  readonly isJudged: boolean;
  readonly calls: readonly WebhookCall[];
  readonly check: (answer: string, call: WebhookCall) => void;
  readonly requests: () => number;
}

async function measureCall(
  { of, isJudged, calls, check, requests }: MeasuredCall,
  { webhook, bare }: { readonly webhook: ServerProcess; readonly bare: ServerProcess },
  bench: Bench,
): Promise<Reading> {
  const ca = bench.bundle.certificate.caCert;
  using webhookLoad = await openLoad({ port: webhook.port, ca }, { calls, check });
  using bareLoad = await openLoad({ port: bare.port, ca }, { calls, check: checkBareAnswer });
  const [subject, baseline] = [
    { load: webhookLoad, server: webhook },
    { load: bareLoad, server: bare },
  ];
  for (const side of [subject, baseline]) await warmUp(side, bench.isQuick);
  const lookups = requests();
  const compared = await compareRates(subject, baseline, bench);
  if (requests() > lookups) throw new Error('Cannot call this warm: the registry was asked');
  const { ratio, lowest, highest } = compared;
  const [own, others] = [compared.subject, compared.baseline];
  return {
    of,
    value: `${ratio.toFixed(2)} (${lowest.toFixed(2)} to ${highest.toFixed(2)}); ${own.perCore.toFixed(0)} ÷ ${others.perCore.toFixed(0)} /s`,
    goal: isJudged ? `≥ ${LIMITS.ratio}` : '',
    outcome: isJudged ? judgeRatio(ratio >= LIMITS.ratio, compared.isBusy) : 'no goal',
    numbers: {
      ratio,
      perSecondAndCore: own.perCore,
      perSecond: own.perSecond,
      barePerSecondAndCore: others.perCore,
      barePerSecond: others.perSecond,
    },
  };
}

export const warm: Row = {
  name: 'warm',
  figure: 'Warm decisions per second and core ÷ bare Fastify',
  how: '16 connections, 1,024 Pods of 64 images; median ratio of pairs of rounds; wasmgate has decided on each Pod before, as on a replica; fresh Pods have an annotation that no Pod before them had',
  run: async (bench) => {
    await using served = await startBenchRegistry();
    const { registry, images } = served;
    await using stage = await setUpStage(bench, { registry });
    await using webhook = await startServer(stage.inCluster, bench);
    await using bare = await startServer(bareFastify(bench), bench);
    const requests = (): number => registry.log.length;
    const servers = { webhook, bare };
    const calls = writeMutateCalls(images);
    const mutate = { of: 'mutate', isJudged: true, calls, check: checkWebhookAnswer, requests };
    const readings = [await measureCall(mutate, servers, bench)];
    const target = { port: webhook.port, ca: bench.bundle.certificate.caCert };
    const validate = { ...mutate, of: 'validate', calls: await writeValidateCalls(target, calls) };
    readings.push(
      await measureCall({ ...validate, check: checkValidated }, servers, bench),
      await measureCall(
        { ...mutate, of: 'mutate, fresh Pods', isJudged: false, calls: freshen(calls) },
        servers,
        bench,
      ),
    );
    return { kind: 'measured', readings };
  },
};
