import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realServers } from '../support/e2e/real-servers.ts';
import { SCENARIOS } from './scenarios.ts';
import { type AvailabilityStage, startAvailabilityStage } from './stage.ts';

/** A short `npm run test:availability`. */
const SHORT = {
  stage: { probing: { periodMilliseconds: 1000, failureThreshold: 3 }, perSecond: 10 },
  pace: {
    calmMilliseconds: 1000,
    outageMilliseconds: 3000,
    rollouts: 1,
    renewals: 1,
    overlapMilliseconds: 5000,
  },
} as const;
const PATIENCE_MILLISECONDS = 300_000;

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

describe.skipIf(servers.missing)(`two replicas under load${servers.note}`, () => {
  let stage: AvailabilityStage;
  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    stage = await startAvailabilityStage({ 'kube-apiserver': apiServer, etcd, kubectl }, SHORT.stage);
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  test.each(SCENARIOS)('$name: $title', { timeout: PATIENCE_MILLISECONDS }, async (scenario) => {
    const { faults } = await scenario.run(stage, SHORT.pace);
    expect(faults).toEqual([]);
  });
});
