import { expect, onTestFinished, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import type { RunningPod, RunningPodsPort } from '../../src/assess/ports.ts';
import { WARM_UP_LIMITS, warmUp } from '../../src/assess/warm-up.ts';
import { pushImage, targetOf } from '../../src/fake-registry/push-image.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { CATALOG_LIMITS } from '../../src/images/settings.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { MODULE } from '../support/image/tar.ts';
import { cluster, pod, settings } from '../support/pod/pods.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { startServer } from '../support/server/http-server.ts';

/** A registry with one image that all share, another one of a tenant that never answers, and what a start learns. */
async function setUp() {
  const registry = await startRegistry({
    images: (store) =>
      pushImage(targetOf(store, 'app:1'), {
        os: 'linux',
        architecture: 'amd64',
        files: { app: MODULE },
        entrypoint: ['/app'],
      }),
  });
  const asked = new Set<number>();
  const hanging = await Promise.all(
    Array.from({ length: 12 }, (_, index) => startServer(() => void asked.add(index))),
  );
  const client = createLocalClient();
  onTestFinished(async () => {
    await client.close();
    await Promise.all([registry, ...hanging].map((server) => server.close()));
  });
  const { logger } = createRecordingLogger();
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const assess = createAssessPod(
    { catalog, cluster: clusterPort(cluster([], [])), serviceAccounts: NO_ACCOUNT_SECRETS, logger },
    { policy: settings({}), ownNamespace: 'wasmgate-system' },
  );
  const shared = `${registry.host}/app:1`;
  const running = (namespace: string, images: readonly string[]): RunningPod => ({
    namespace,
    pod: pod({ containers: images.map((image) => ({ image })) }),
  });

  /** Learns until the signal fires, and expects that the shared image is known then. */
  async function learns(pods: readonly RunningPod[], podMilliseconds: number): Promise<void> {
    const runningPods: RunningPodsPort = {
      async *pages() {
        for (const one of [pods, [running('team-b', [shared])]]) yield await Promise.resolve(one);
      },
    };
    const deps = { assess, catalog, runningPods, limits: { podMilliseconds } };
    await warmUp(deps, AbortSignal.timeout(20_000), () => {});
    const request = { image: shared, namespace: 'team-b', pullSecrets: [], architectures: [] };
    // A slow machine answers later, and a lookup goes on.
    await expect.poll(() => catalog.isKnown(request)).toBe(true);
  }
  return { shared, hosts: hanging.map(({ host }) => host), asked, running, learns };
}

/** Four such Pods held all workers until the ten seconds of the start were over. */
test('Pods whose registries never answer keep no other namespace from being learned', async () => {
  const { hosts, asked, running, learns } = await setUp();
  const pods = hosts.map((host) => running('team-a', [`${host}/app:1`]));
  await learns(pods, 500);
  // Others of its Pods were waiting when the last of these was late.
  expect(asked.size).toBeLessThan(WARM_UP_LIMITS.maxLatePods + WARM_UP_LIMITS.atOnce);
});

/** The last image of this Pod exceeds what its namespace may look up, which looked as if the shared registry had refused it. */
test('a namespace with too many lookups stops no registry for others', async () => {
  const { shared, hosts, running, learns } = await setUp();
  const [host = ''] = hosts;
  const flood = Array.from(
    { length: CATALOG_LIMITS.lookupsPerNamespace },
    (_, index) => `${host}/app:${index}`,
  );
  await learns([running('team-a', [...flood, shared])], 200);
});
