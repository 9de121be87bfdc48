import { expect, onTestFinished, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import type { RunningPod, RunningPodsPort } from '../../src/assess/ports.ts';
import { WARM_UP_LIMITS, warmUp, type WarmUpResult } from '../../src/assess/warm-up.ts';
import { pushImage, targetOf } from '../../src/fake-registry/push-image.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { MODULE } from '../support/image/tar.ts';
import { cluster, node, pod, runtimeClass, settings } from '../support/pod/pods.ts';
import { createTestClient } from '../support/registry/registry-client.ts';
import { startRegistry, type RegistryOptions } from '../support/registry/registry.ts';

interface Setup {
  readonly images?: readonly string[];
  readonly registry?: Omit<RegistryOptions, 'images'>;
  readonly policy?: Partial<PolicySettings>;
}

async function setUp({ images = [], registry: options = {}, policy = {} }: Setup) {
  const registry = await startRegistry({
    ...options,
    images: (store) => {
      const [os, architecture] = ['wasip1', 'wasm'];
      for (const image of images)
        pushImage(targetOf(store, image), {
          os,
          architecture,
          files: { 'app.wasm': MODULE },
          entrypoint: ['/app.wasm'],
        });
    },
  });
  const client = createTestClient([registry]);
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  const { logger } = createRecordingLogger();
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const view = cluster([runtimeClass('wasmtime')], [node('n1', { handlers: ['', 'wasmtime'] })]);
  const assess = createAssessPod(
    { catalog, cluster: clusterPort(view), serviceAccounts: NO_ACCOUNT_SECRETS, logger },
    { policy: settings(policy), ownNamespace: 'wasmgate-system' },
  );

  const running = (image: string, namespace = 'team-a', spec: object = {}): RunningPod => ({
    namespace,
    pod: pod({ containers: [{ image: `${registry.host}/${image}` }], spec }),
  });

  async function learn(...pages: readonly (readonly RunningPod[])[]): Promise<WarmUpResult> {
    let result: WarmUpResult = { lookedUp: 0, failed: 0 };
    const runningPods: RunningPodsPort = {
      async *pages() {
        for (const page of pages) yield await Promise.resolve(page);
      },
    };
    await warmUp({ assess, catalog, runningPods }, AbortSignal.timeout(60_000), (found) => (result = found));
    return result;
  }
  const manifests = (): readonly string[] =>
    registry.log
      .filter(({ path }) => path.includes('/manifests/'))
      .map(({ path }) => path.split('/')[2] ?? '');
  return { registry, catalog, running, learn, manifests };
}

test('images of running Pods are known, with their layers, after one lookup each', async () => {
  const { registry, catalog, running, learn, manifests } = await setUp({ images: ['one:1', 'two:1'] });
  const page = [running('one:1'), running('one:1'), running('two:1')];
  expect(await learn(page, page)).toEqual({ lookedUp: 2, failed: 0 });
  expect(manifests().toSorted()).toEqual(['one', 'two']);
  const known = catalog.images().map(({ facts }) => facts.variants[0].contents.get('/app.wasm'));
  expect(known).toEqual(['module', 'module']);
  const asked = registry.log.length;
  expect(await learn(page)).toEqual({ lookedUp: 0, failed: 0 });
  expect(registry.log).toHaveLength(asked);
});

test('Pods with a class come first, as only these need wasmgate to start', async () => {
  const images = Array.from({ length: 12 }, (_, index) => `app-${index}:1`);
  const { running, learn, manifests } = await setUp({ images });
  const pods = images.map((image, index) =>
    running(image, 'team-a', index < 8 ? {} : { runtimeClassName: 'wasmtime' }),
  );
  await learn(pods);
  const first = manifests().slice(0, WARM_UP_LIMITS.atOnce);
  expect(first.toSorted()).toEqual(['app-10', 'app-11', 'app-8', 'app-9']);
});

test('nothing is looked up for Pods that wasmgate does not judge, or images that it skips', async () => {
  const { registry, running, learn } = await setUp({
    images: ['one:1'],
    policy: { systemNamespaces: ['infra-*'], skipImages: ['*/two'] },
  });
  expect(
    await learn([running('one:1', 'infra-a'), running('one:1', 'kube-system'), running('two:1')]),
  ).toEqual({
    lookedUp: 0,
    failed: 0,
  });
  expect(registry.log).toEqual([]);
});

test('a missing image is counted, and stops nothing', async () => {
  const { running, learn } = await setUp({ images: ['one:1'] });
  expect(await learn([running('missing:1')], [running('one:1')])).toEqual({ lookedUp: 1, failed: 1 });
});

test('a registry that limits requests gets no more of them', async () => {
  const { registry, running, learn } = await setUp({
    registry: { faults: () => (_request, response) => void response.writeHead(429).end() },
  });
  const pages = Array.from({ length: 6 }, (_, page) =>
    Array.from({ length: 4 }, (_pod, index) => running(`app-${page}-${index}:1`)),
  );
  const { failed } = await learn(...pages);
  expect(failed).toBeLessThanOrEqual(WARM_UP_LIMITS.atOnce);
  expect(registry.log.filter(({ path }) => path.includes('app-1'))).toEqual([]);
});

test('few images of Docker Hub are looked up, which counts lookups as pulls', async () => {
  const { learn } = await setUp({});
  const pods = Array.from({ length: 2 * WARM_UP_LIMITS.maxHubImages }, (_, index) => ({
    namespace: 'team-a',
    pod: pod({ containers: [{ image: `docker.io/library/app-${index}:1`, imagePullPolicy: 'Never' }] }),
  }));
  const asked: string[] = [];
  const runningPods: RunningPodsPort = {
    async *pages() {
      yield await Promise.resolve(pods);
    },
  };
  const assess = ({ pod: { spec } }: RunningPod) => {
    asked.push(spec.containers[0]?.image ?? '');
    return { kind: 'skipped', reason: '', notes: [] } as const;
  };
  await warmUp(
    { assess, catalog: { isKnown: () => false }, runningPods },
    new AbortController().signal,
    () => {},
  );
  expect(asked).toHaveLength(WARM_UP_LIMITS.maxHubImages);
  expect(await learn(pods)).toEqual({ lookedUp: 0, failed: 0 });
});

test('a text that is no reference is left alone', async () => {
  const { registry, learn } = await setUp({});
  const pods = [{ namespace: 'team-a', pod: pod({ containers: [{ image: 'not a reference' }] }) }];
  expect(await learn(pods)).toEqual({ lookedUp: 0, failed: 0 });
  expect(registry.log).toEqual([]);
});
