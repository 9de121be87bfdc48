import { parseArgs } from 'node:util';
import { findPrograms } from '../e2e/testbed/find-programs.ts';
import { describeOutcome } from './report.ts';
import { SCENARIOS } from './scenarios.ts';
import { startAvailabilityStage } from './stage.ts';

/** As long as in a cluster: the kubelet's probe of manifests/base/deployment.yaml. */
const LONG = {
  stage: { probing: { periodMilliseconds: 5000, failureThreshold: 3 }, perSecond: 20 },
  pace: {
    calmMilliseconds: 10_000,
    outageMilliseconds: 60_000,
    rollouts: 3,
    renewals: 5,
    overlapMilliseconds: 60_000,
  },
} as const;

/** `npm run test:availability -- [SCENARIO …]`. */
async function main(): Promise<number> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const unknown = positionals.filter((name) => SCENARIOS.every((scenario) => scenario.name !== name));
  if (unknown.length > 0) {
    const known = SCENARIOS.map(({ name }) => name).join(', ');
    console.error(`There is no scenario ${unknown.join(', ')}; there are: ${known}`);
    return 2;
  }
  const programs = await findPrograms(['etcd', 'kube-apiserver', 'kubectl']);
  if (programs.kind === 'missing') {
    console.error(programs.reason);
    return 2;
  }
  await using stage = await startAvailabilityStage(programs.paths, LONG.stage);
  let faults = 0;
  for (const scenario of SCENARIOS) {
    if (positionals.length > 0 && !positionals.includes(scenario.name)) continue;
    const outcome = await scenario.run(stage, LONG.pace);
    faults += outcome.faults.length;
    console.log(describeOutcome(scenario, outcome));
  }
  console.log(faults === 0 ? 'No fault.' : `${faults} faults.`);
  return faults === 0 ? 0 : 1;
}

process.exitCode = await main();
