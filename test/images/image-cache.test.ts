import { expect, onTestFinished, test } from 'vitest';
import { pushImage, pushManifest, targetOf } from '../../src/fake-registry/push-image.ts';
import { OCI_INDEX } from '../../src/image/media-types.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import type { ImageResult } from '../../src/images/image-result.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { MODULE } from '../support/image/tar.ts';
import { createTestClient } from '../support/registry/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';

const AMD = ['amd64'];
const BOTH = ['amd64', 'arm64'];

/** A registry with a single image and an index of two, and a catalog. */
async function setUp() {
  const registry = await startRegistry({
    images: (store) => {
      const platformOf = (architecture: string) => ({ os: 'linux', architecture });
      const push = (architecture: string, image: string) =>
        pushImage(targetOf(store, image), {
          ...platformOf(architecture),
          files: { server: MODULE },
          entrypoint: ['/server'],
        });
      push('amd64', 'single:1');
      const manifests = BOTH.map((architecture) => ({
        ...push(architecture, `index:${architecture}`),
        platform: platformOf(architecture),
      }));
      pushManifest(
        targetOf(store, 'index:1'),
        { schemaVersion: 2, mediaType: OCI_INDEX, manifests },
        OCI_INDEX,
      );
    },
  });
  const client = createTestClient([registry]);
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  const catalog = createImageCatalog({
    registry: client,
    pullSecrets: NO_PULL_SECRETS,
    logger: createRecordingLogger().logger,
  });
  const questionOf = (name: string, architectures: readonly string[]) => ({
    image: `${registry.host}/${name}`,
    namespace: 'default',
    pullSecrets: [],
    architectures,
  });
  const ask = (name: string, architectures: readonly string[]): Promise<ImageResult> =>
    catalog.lookUp(questionOf(name, architectures), { signal: AbortSignal.timeout(60_000) });
  const recall = (name: string, architectures: readonly string[]): ImageResult | undefined =>
    catalog.cached(questionOf(name, architectures));
  return { registry, ask, recall };
}

function variantsOf(answer: ImageResult | undefined): number {
  return answer?.kind === 'facts' ? answer.facts.variants.length : 0;
}

test('a node of another architecture does not expire a single image', async () => {
  const { registry, ask, recall } = await setUp();
  await ask('single:1', AMD);
  const asked = registry.log.length;
  expect(recall('single:1', BOTH)).toMatchObject({ kind: 'facts', stale: null });
  expect(variantsOf(await ask('single:1', BOTH))).toBe(1);
  expect(registry.log).toHaveLength(asked);
});

test('an index is read again for it, once, for all lists of the same architectures', async () => {
  const { registry, ask, recall } = await setUp();
  expect(variantsOf(await ask('index:1', AMD))).toBe(1);
  expect(recall('index:1', BOTH)).toBeUndefined();
  expect(variantsOf(await ask('index:1', BOTH))).toBe(2);
  const asked = registry.log.length;
  expect(variantsOf(recall('index:1', [...BOTH]))).toBe(2);
  expect(variantsOf(await ask('index:1', [...BOTH]))).toBe(2);
  expect(registry.log).toHaveLength(asked);
});

test('a request for two architectures during a lookup for one gets a result for two', async () => {
  const { ask } = await setUp();
  const [one, two] = await Promise.all([ask('index:1', AMD), ask('index:1', BOTH)]);
  expect([variantsOf(one), variantsOf(two)]).toEqual([1, 2]);
});

test('while the registry is down, the result for other nodes is returned, without a request each time', async () => {
  const { registry, ask, recall } = await setUp();
  await ask('index:1', AMD);
  await registry.close();
  const answer = await ask('index:1', BOTH);
  expect(answer).toMatchObject({ kind: 'facts', stale: { reason: 'unreachable' } });
  expect(recall('index:1', BOTH)).toBe(answer);
});
