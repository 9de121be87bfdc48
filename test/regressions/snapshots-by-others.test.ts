import { expect, test } from 'vitest';
import type { ImageFacts } from '../../src/image/image-facts.ts';
import { DOCKER_MANIFEST } from '../../src/image/media-types.ts';
import { readSnapshot, SNAPSHOT_LIMITS, writeSnapshot } from '../../src/images/snapshot.ts';
import { imageFacts, linux } from '../support/image/image-facts.ts';

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
