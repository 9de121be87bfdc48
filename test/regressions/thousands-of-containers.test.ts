import { expect, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { type Assessment, createDeadline } from '../../src/assess/assessment.ts';
import { MAX_CONTAINERS } from '../../src/assess/read-images.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { changedImages } from '../../src/pod/changed-images.ts';
import { readPod } from '../../src/pod/pod.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { cluster, runtimeClass, settings } from '../support/pod/pods.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

const MOST = MAX_CONTAINERS;

const { registry, client } = await useRegistry({ images: putFixtureImages });
const LINUX = `${registry.host}/corpus/linux-plain:latest`;

function containers(count: number) {
  return Array.from({ length: count }, (_, index) => ({ name: `c${index}`, image: LINUX }));
}

async function assessed(
  spec: object,
  policy: Partial<PolicySettings>,
  previous?: object,
): Promise<Assessment> {
  const { logger } = createRecordingLogger();
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const namespace = { name: 'default', labels: {} };
  const port = clusterPort(cluster([runtimeClass('wasmtime')]), { namespace: () => namespace });
  const serviceAccounts = { pullSecrets: () => Promise.resolve([]) };
  const deps = { catalog, cluster: port, logger, serviceAccounts };
  const assess = createAssessPod(deps, { policy: settings(policy), ownNamespace: 'wasmgate-system' });
  const pod = readPod({ spec });
  const deadline = createDeadline(60_000);
  const before = previous === undefined ? {} : { previous: readPod({ spec: previous }) };
  return assess({ subject: 'pod', pod, namespace: 'default', step: 'validate', deadline, ...before });
}

/**
 * 30,000 containers blocked the process for four seconds, once for each of the two webhooks. When wasmgate ignored such Pods,
 * 256 idle init containers brought a Linux Pod past a policy that denies it.
 */
test.for<readonly [name: string, spec: object, isLookedAt: boolean]>([
  ['as many as the limit', { containers: containers(MOST) }, true],
  ['one more', { containers: containers(MOST + 1) }, false],
  ['one more, among all kinds', { containers: containers(MOST - 1), initContainers: containers(2) }, false],
  ['debug containers', { containers: containers(1), ephemeralContainers: containers(MOST) }, false],
])('a Pod with %s is refused where unknown images are', async ([, spec, isLookedAt]) => {
  const assessment = await assessed(spec, { onUnknownImage: 'deny' });
  const denials = assessment.kind === 'decided' ? assessment.outcome.denials : null;
  expect(denials).toEqual(
    isLookedAt
      ? []
      : [
          expect.objectContaining({
            id: 'image-unknown',
            detail: expect.stringContaining(
              'containers, and wasmgate reads no images of a Pod with more than 256',
            ),
          }),
        ],
  );
});

test('and admitted if the policy allows it', async () => {
  const assessment = await assessed({ containers: containers(MOST + 1) }, {});
  expect(assessment).toMatchObject({ kind: 'decided', outcome: { denials: [], changes: [] } });
});

/** Each was searched for among all previous ones: 30,000 of them, and one new label, took two seconds. */
test('each container of an update is visited a few times, however many there are', () => {
  let looks = 0;
  const counted = (count: number) =>
    containers(count).map(({ name, image }) => ({
      image,
      get name() {
        looks += 1;
        return name;
      },
    }));
  const count = 3000;
  const before = { spec: { containers: counted(count) } };
  const after = { spec: { containers: [...counted(count), { name: 'new', image: 'example.com/new:1' }] } };
  expect(changedImages(before, after)?.after.spec.containers).toHaveLength(1);
  expect(looks).toBeGreaterThan(count);
  expect(looks).toBeLessThan(10 * count);
});

/** All of them were judged: an update of 20,000 containers blocked the process for three seconds. */
test('an update with more containers than the limit looks up no image', async () => {
  const before = containers(MOST + 1).map((container) => ({ ...container, image: 'example.com/old:1' }));
  const assessment = await assessed({ containers: containers(MOST + 1) }, {}, { containers: before });
  const known = assessment.kind === 'decided' ? assessment.containers.map(({ verdict }) => verdict) : [];
  expect(known).toEqual([expect.objectContaining({ kind: 'unknown', reason: 'too-large' })]);
});
