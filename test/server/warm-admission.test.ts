import { expect, test, vi } from 'vitest';
import { parseReview, type AdmissionRequest } from '../../src/admission/review.ts';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { createDeadline, type Deadline } from '../../src/assess/assessment.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { createMutate, createValidate } from '../../src/server/webhooks.ts';
import { readReview } from '../support/admission/reviews.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { cluster, runtimeClass, settings } from '../support/pod/pods.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

/** Asserts on requests and timers instead of durations, because these are what would make a warm admission slow. */
const { registry, client } = await useRegistry({ images: putFixtureImages });
const { logger } = createRecordingLogger();
const port = clusterPort(cluster([runtimeClass('wasmtime'), runtimeClass('spin')]), {
  fetchNamespace: () => Promise.reject(new Error('the namespace is known')),
});
const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
const assess = createAssessPod(
  { catalog, cluster: port, serviceAccounts: NO_ACCOUNT_SECRETS, logger },
  { policy: settings(), ownNamespace: 'wasmgate-system' },
);

const UNTOUCHED: Deadline = {
  signal: () => {
    throw new Error('a warm admission waits for nothing, so it must not use the deadline');
  },
};

/** Returns a replica of a real Pod with its own name and this image. */
function replica(number: number, image: string): AdmissionRequest {
  const review = structuredClone(readReview('03')) as unknown as {
    request: { uid: string; object: { metadata: object; spec: { containers: { image: string }[] } } };
  };
  review.request.uid = `uid-${number}`;
  Object.assign(review.request.object.metadata, {
    name: `pod-${number}`,
    labels: { number: String(number) },
  });
  for (const container of review.request.object.spec.containers) container.image = image;
  return parseReview(review);
}

test.each([
  'linux-plain',
  'bk-wasi-wasm',
  'bk-linux-wasm-entrypoint-label',
  'spin-v2-app',
  'wkg-cli-component',
])('the second Pod of %s sends no registry request, starts no timer and waits for nothing', async (name) => {
  const image = `${registry.host}/corpus/${name}:latest`;
  const mutate = createMutate({ assess });
  const validate = createValidate({ assess });
  const first = await mutate(replica(1, image), createDeadline(60_000), 0);
  const admitted = await validate(replica(1, image), createDeadline(60_000), 0);

  const requestsBefore = registry.log.length;
  const timers = [vi.spyOn(AbortSignal, 'timeout'), vi.spyOn(globalThis, 'setImmediate')];
  expect(await mutate(replica(2, image), UNTOUCHED, 0)).toEqual(first);
  expect(await validate(replica(2, image), UNTOUCHED, 0)).toEqual(admitted);
  expect(registry.log).toHaveLength(requestsBefore);
  for (const timer of timers) {
    expect(timer).not.toHaveBeenCalled();
    timer.mockRestore();
  }
});

test('all replicas of a Wasm Pod share one encoded patch', async () => {
  const image = `${registry.host}/corpus/bk-linux-wasm-entrypoint-label:latest`;
  const mutate = createMutate({ assess });
  await mutate(replica(1, image), createDeadline(60_000), 0);
  const second = await mutate(replica(2, image), UNTOUCHED, 0);
  expect(second.kind).toBe('patched');
  expect(await mutate(replica(3, image), UNTOUCHED, 0)).toBe(second);
});
