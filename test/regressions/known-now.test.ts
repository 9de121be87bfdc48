import { afterEach, expect, test, vi } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { type AssessmentRequest, createDeadline } from '../../src/assess/assessment.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { cluster, pod, runtimeClass, settings } from '../support/pod/pods.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

// A foreign caBundle in the mutating configuration made wasmgate deny every Wasm Pod with "Apply again: the image is known now".
const { registry, client } = await useRegistry({ images: putFixtureImages });
const IMAGE = `${registry.host}/corpus/bk-wasi-wasm:latest`;
const WHILE_ADMITTED = 1_000;
const LONG_AFTER = 3_600_000;

afterEach(() => void vi.useRealTimers());

function start() {
  const { logger } = createRecordingLogger();
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const assess = createAssessPod(
    {
      catalog,
      cluster: clusterPort(cluster([runtimeClass('wasmtime')])),
      serviceAccounts: NO_ACCOUNT_SECRETS,
      logger,
    },
    { policy: settings(), ownNamespace: 'wasmgate-system' },
  );
  const request: AssessmentRequest = {
    subject: 'pod',
    pod: pod({ containers: [{ image: IMAGE }] }),
    namespace: 'default',
    step: 'validate',
    deadline: createDeadline(60_000),
  };
  return async (): Promise<string> => {
    const assessment = await assess(request);
    if (assessment.kind === 'skipped') return assessment.reason;
    return assessment.outcome.denials
      .map(({ id, detail, advice }) => `${id}: ${detail}. ${advice}`)
      .join('\n');
  };
}

test('a Pod whose image became known during its admission is denied with "the image is known now"', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const validate = start();
  expect(await validate()).toContain('Apply again: the image is known now.');
  vi.advanceTimersByTime(WHILE_ADMITTED);
  expect(await validate()).toContain('Apply again: the image is known now.');
});

test('a Pod whose image was known long before is denied with what keeps the mutating webhook from changing it', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const validate = start();
  await validate();
  vi.advanceTimersByTime(LONG_AFTER);
  // The first call revalidates the tag, the second one finds it in the cache.
  for (const refusal of [await validate(), await validate()]) {
    expect(refusal).toMatch(/^wasm-image-without-runtime-class: .*which the mutating webhook did not set/);
    expect(refusal).toContain(
      'check caBundle and namespaceSelector in MutatingWebhookConfiguration "wasmgate"',
    );
    expect(refusal).not.toContain('known now');
  }
});
