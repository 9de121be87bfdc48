import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import type { ImageFacts } from '../../src/image/image-facts.ts';
import { DOCKER_MANIFEST } from '../../src/image/media-types.ts';
import type { KeptImage } from '../../src/images/image-cache.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import { createImageStore } from '../../src/images/image-store.ts';
import type { SnapshotPort } from '../../src/images/ports.ts';
import { readSnapshot, SNAPSHOT_LIMITS, writeSnapshot } from '../../src/images/snapshot.ts';
import { AppError } from '../../src/lib/errors.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';
import { createLocalClient } from '../support/registry/registry-client.ts';

const LINUX = imageFacts(linux('/server'));
const [VARIANT] = LINUX.variants;

async function readBack(facts: ImageFacts) {
  const request = { image: 'registry.example/app:1', namespace: 'team-a', pullSecrets: [] };
  const image = { request, facts, confirmedAt: 1_700_000_000_000, architectures: null };
  const usual = { ...image, facts: LINUX };
  return readSnapshot(await writeSnapshot([image, usual]));
}

/** Every replica warned every minute that the snapshot is damaged. */
test.each<readonly [string, ImageFacts]>([
  ['a media type of 5,000 characters', { ...LINUX, mediaType: `application/${'x'.repeat(5_000)}` }],
  [
    'a platform of 5,000 characters',
    {
      ...LINUX,
      offer: {
        isPartial: false,
        platforms: [{ os: 'x'.repeat(5_000), architecture: 'amd64', variant: null }],
      },
    },
  ],
  [
    'a media type that nodes no longer pull',
    {
      ...LINUX,
      variants: [
        {
          ...VARIANT,
          manifest: { ...VARIANT.manifest, mediaType: DOCKER_MANIFEST.replace('.v2+', '.v1+') },
        },
      ],
    },
  ],
])('an image with %s is left out of the snapshot, and damages nothing', async (_case, facts) => {
  expect(await readBack(facts)).toMatchObject({ invalid: 0, images: [{ facts: LINUX }] });
});

/** Six million blank lines took a minute and 600 MiB, in a container that has 256. */
test('a Secret that holds other lines costs no more than one of images', async () => {
  const [header = ''] = (await writeSnapshot([])).split('\n');
  const found = await readSnapshot(header + '\n'.repeat(100_000));
  expect(found).toEqual({ images: [], invalid: SNAPSHOT_LIMITS.maxLines });
});

function kept(
  image: string,
  namespace: string,
  facts: ImageFacts,
  pullSecrets: readonly string[] = [],
): KeptImage {
  const request = { image: `registry.example/${image}`, namespace, pullSecrets };
  return { request, facts, confirmedAt: Date.now(), architectures: null };
}

/** Labels that no gzip shortens: for as long as a replica lived, it stored less of all others. */
test('a flood of images that cannot be compressed costs room only while its namespace exists', async () => {
  let stored = '';
  const limit = 16 * 1024;
  const snapshots: SnapshotPort = {
    read: (since) => Promise.resolve(since === null ? { text: null, version: '1' } : null),
    write: (text) => {
      if (gzipSync(text).length > limit)
        return Promise.reject(new AppError('too-large', 'Cannot write: too large'));
      stored = text;
      return Promise.resolve('2');
    },
  };
  const registry = createLocalClient();
  onTestFinished(() => registry.close());
  const { logger } = createRecordingLogger();
  const catalog = createImageCatalog({ registry, pullSecrets: NO_PULL_SECRETS, logger });
  let hasFlood = true;
  const hasNamespace = (name: string): boolean => name !== 'flood' || hasFlood;
  const store = createImageStore({
    catalog,
    snapshots,
    hasNamespace,
    logger,
  });
  for (let index = 0; index < 100; index += 1) {
    const note = randomBytes(2_000).toString('base64');
    catalog.restore(
      kept(`flood:${index}`, 'flood', imageFacts({ ...linux('/a'), annotations: { note } }), ['one']),
    );
    catalog.restore(kept(`app:${index}`, 'team-a', LINUX));
  }
  const countOfTeam = (): number => stored.split('\n').filter((line) => line.includes('"team-a"')).length;
  const never = new AbortController().signal;
  await store.save(never);
  expect(countOfTeam()).toBeLessThan(100);
  hasFlood = false;
  for (let minute = 0; minute < 20; minute += 1) await store.save(never);
  expect(countOfTeam()).toBe(100);
});
