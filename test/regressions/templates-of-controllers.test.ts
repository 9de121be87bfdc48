import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { AssessPod } from '../../src/assess/assessment.ts';
import { createFixedCluster } from '../../src/kubernetes/fixed-cluster.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import type { RegistryClient } from '../../src/registry/client.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { assembleAssess } from '../../src/wire/assemble-assess.ts';
import { readReview, withObject } from '../support/admission/reviews.ts';
import { FACTS, podOf, startReviewStage, type ReviewStage } from '../support/cli/review-stage.ts';
import { settings } from '../support/pod/pods.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startWebhook } from '../support/server/webhook.ts';

let stage: ReviewStage;
let registry: RegistryClient;
beforeAll(async () => {
  stage = await startReviewStage();
  registry = createLocalClient();
});
afterAll(async () => {
  await registry.close();
  await stage[Symbol.asyncDispose]();
});

function owner(controller: boolean): object {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app', uid: 'u', controller };
}

/** A ReplicaSet whose Pods name a class that does not exist. */
function replicaSet(ownerReferences: readonly object[]): object {
  const pod = podOf('app', 'linux-plain', '  runtimeClassName: gone').replaceAll('REGISTRY', stage.host);
  const template = parse(pod) as object;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'app', namespace: 'default', ownerReferences },
    spec: { template },
  };
}

/** The webhook's use case with the facts of a `review`. */
function assess(): AssessPod {
  const facts = parseAllDocuments(FACTS).map((document) => document.toJS() as JsonObject);
  const parts = {
    ...createFixedCluster(facts, 'default'),
    registry,
    logger: createLogger({ level: 'error' }),
  };
  return assembleAssess(
    { ...parts, namespace: 'wasmgate-system' },
    { policy: settings({ refuseTemplates: true }) },
  );
}

const REFUSING = '{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, policy: {refuseTemplates: true}}';

test.each([
  ['that a controller wrote is let through', [owner(true)], true],
  ['whose owner does not control it is refused', [owner(false)], false],
  ['without an owner is denied', [], false],
])(
  'where templates are refused, a ReplicaSet %s, by the webhook as by review',
  async (_case, owners, allowed) => {
    const review = withObject(readReview('02'), replicaSet(owners));
    await using webhook = await startWebhook({ assess: assess() });
    const [file, facts, config] = await Promise.all([
      stage.write('review.json', JSON.stringify(review)),
      stage.write('facts.yaml', FACTS),
      stage.write('config.yaml', REFUSING),
    ]);
    const flags = ['-f', file, '--facts', facts, '--config', config, '-o', 'admissionreview'];
    const { stdout } = await stage.review(flags);
    const answered = await webhook.ask('/validate', review);
    expect(answered).toMatchObject({ allowed });
    expect(JSON.parse(stdout)).toMatchObject({ response: answered });
  },
);
