import { startBenchRegistry } from '../bench-images.ts';
import type { Row } from '../bench-row.ts';
import { checkClassAnswer, checkWebhookAnswer } from '../check-answer.ts';
import { checkUid } from '../exchange.ts';
import { findGoWebhook, goWebhook } from '../go-program.ts';
import { openLoad } from '../load.ts';
import { residentMemory } from '../process-figures.ts';
import { startServer } from '../server-process.ts';
import { compareRates, warmUp } from '../side-by-side.ts';
import { setUpStage } from '../stage.ts';
import { judgeRatio } from '../statistics.ts';
import { writeMutateCalls } from '../webhook-calls.ts';

const LIMITS = { ratio: 5 } as const;

export const go: Row = {
  name: 'go',
  figure: 'Warm decisions per second and core ÷ a minimal Go webhook',
  how: 'a webhook on controller-runtime that decodes the Pod, sets one field and returns the patch; 512 Pods of 32 Wasm images, which both change',
  run: async (bench) => {
    const program = await findGoWebhook();
    if (program.kind === 'missing') return { kind: 'skipped', reason: program.reason };
    await using served = await startBenchRegistry();
    await using stage = await setUpStage(bench, { registry: served.registry });
    await using webhook = await startServer(stage.inCluster, bench);
    await using other = await startServer(await goWebhook(bench, program.path), bench);
    const calls = writeMutateCalls(served.images.filter(({ runtimeClass }) => runtimeClass !== null));
    const ca = bench.bundle.certificate.caCert;
    using load = await openLoad({ port: webhook.port, ca }, { calls, check: checkWebhookAnswer });
    using otherLoad = await openLoad(
      { port: other.port, ca },
      { calls, check: checkClassAnswer, compare: checkUid },
    );
    const [subject, baseline] = [
      { load, server: webhook },
      { load: otherLoad, server: other },
    ];
    await warmUp(subject, bench.isQuick);
    await otherLoad.run(1000);
    const compared = await compareRates(subject, baseline, bench);
    const { ratio, lowest, highest } = compared;
    const [own, others] = [compared.subject.perCore, compared.baseline.perCore];
    return {
      kind: 'measured',
      readings: [
        {
          of: '',
          value: `${ratio.toFixed(1)} (${lowest.toFixed(1)} to ${highest.toFixed(1)}); ${own.toFixed(0)} ÷ ${others.toFixed(0)} /s`,
          goal: `≥ ${LIMITS.ratio}`,
          outcome: judgeRatio(ratio >= LIMITS.ratio, compared.isBusy),
          numbers: {
            ratio,
            perSecondAndCore: own,
            goPerSecondAndCore: others,
            goMebibytes: residentMemory(other.pid) ?? Number.NaN,
          },
        },
      ],
    };
  },
};
