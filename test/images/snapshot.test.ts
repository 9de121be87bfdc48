import { describe, expect, test } from 'vitest';
import type { ImageFacts } from '../../src/image/image-facts.ts';
import type { KeptImage } from '../../src/images/image-cache.ts';
import { readSnapshot, SNAPSHOT_LIMITS, writeSnapshot } from '../../src/images/snapshot.ts';
import { readFixtureContents } from '../support/assess/fixture-facts.ts';
import { loadFixtureImages } from '../support/image/fixture-images.ts';
import { imageFacts, linux, OCI_COMPONENT, wasi } from '../support/image/image-facts.ts';

const LINUX = imageFacts(linux('/server'));

function cached(image: string, namespace = 'team-a', more: Partial<KeptImage> = {}): KeptImage {
  const request = { image: `registry.example/${image}`, namespace, pullSecrets: [], ...more.request };
  return { facts: LINUX, confirmedAt: 1_700_000_000_000, architectures: null, ...more, request };
}

async function read(text: string): Promise<readonly KeptImage[]> {
  return (await readSnapshot(text))?.images ?? [];
}

async function kept(images: readonly KeptImage[], maxLength?: number): Promise<readonly string[]> {
  const stored = await read(await writeSnapshot(images, maxLength));
  return stored.map(
    ({ request }) => `${request.namespace} ${request.image.slice('registry.example/'.length)}`,
  );
}

const [HEADER = '', line = ''] = (await writeSnapshot([cached('app:1')])).split('\n');
const ROOM_FOR_TEN = HEADER.length + 10 * (line.length + 10);

describe('a snapshot keeps', () => {
  test.each(loadFixtureImages().map((image) => [image.name, image] as const))(
    '%s as it is',
    async (_name, image) => {
      const facts = await readFixtureContents(image);
      const entry = cached('app:1', 'team-a', { facts, architectures: ['amd64', 'arm64'] });
      expect(await read(await writeSnapshot([entry]))).toEqual([entry]);
    },
  );

  test.each<readonly [string, ImageFacts]>([
    [
      'an index without a Linux entry',
      { ...LINUX, pull: { ok: false, cause: 'no-platform', platforms: [], insteadUse: null } },
    ],
    ['a mixed index', { ...LINUX, pull: { ok: false, cause: 'mixed-index', insteadUse: LINUX.digest } }],
    ['layers that do not match', { ...LINUX, pull: { ok: false, cause: 'layer-mismatch' } }],
    ['a component', imageFacts(OCI_COMPONENT)],
    [
      'names that JavaScript treats specially',
      imageFacts({
        ...linux('/a'),
        annotations: { ['__proto__']: 'x', constructor: 'y' },
        contents: { '/a': 'elf', __proto__x: 'absent' },
      }),
    ],
    [
      'an index with its offer',
      {
        ...LINUX,
        wasmEntry: LINUX.digest,
        offer: { isPartial: true, platforms: [{ os: 'linux', architecture: 'arm', variant: 'v7' }] },
      },
    ],
  ])('%s', async (_case, facts) => {
    const entry = cached('app:1', 'team-a', { facts });
    expect(await read(await writeSnapshot([entry]))).toEqual([entry]);
  });

  test('pull secrets and their namespace', async () => {
    const request = {
      image: 'registry.example/app:1',
      namespace: 'team-b',
      pullSecrets: ['one', 'two.three'],
    };
    const entry = cached('app:1', 'team-b', { request });
    expect(await read(await writeSnapshot([entry]))).toEqual([entry]);
  });
});

describe('a full snapshot', () => {
  test('leaves each namespace its share, however many images another one has', async () => {
    const flood = Array.from({ length: 5_000 }, (_, index) => cached(`flood:${index}`, 'flood'));
    const names = await kept([...flood, cached('one:1', 'team-a'), cached('two:1', 'team-b')], ROOM_FOR_TEN);
    expect(names).toEqual(
      expect.arrayContaining(['team-a one:1', 'team-b two:1', 'flood flood:0', 'flood flood:5']),
    );
    expect(names).not.toContain('flood flood:20');
  });

  test('counts long images for more', async () => {
    const long = imageFacts({ ...linux('/server'), annotations: { text: 'x'.repeat(20_000) } });
    const flood = Array.from({ length: 50 }, (_, index) =>
      cached(`flood:${index}`, 'flood', { facts: long }),
    );
    const others = Array.from({ length: 20 }, (_, index) => cached(`app:${index}`, 'team-a'));
    const names = await kept([...flood, ...others], 30_000 + 20 * (ROOM_FOR_TEN / 10));
    expect(names.filter((name) => name.startsWith('team-a'))).toHaveLength(20);
  });

  test('prefers Wasm images to others, and recently used ones to older ones', async () => {
    const older = Array.from({ length: 40 }, (_, index) => cached(`app:${index}`));
    const names = await kept(
      [...older, cached('wasm:1', 'team-a', { facts: imageFacts(wasi('/app.wasm')) })],
      ROOM_FOR_TEN,
    );
    expect(names.slice(0, 3)).toEqual(['team-a wasm:1', 'team-a app:0', 'team-a app:1']);
  });

  test('leaves out an image of extraordinary length', async () => {
    const facts = imageFacts({ annotations: { text: 'x'.repeat(SNAPSHOT_LIMITS.maxImageLength) } });
    expect(await kept([cached('large:1', 'team-a', { facts }), cached('app:1')])).toEqual(['team-a app:1']);
  });
});

describe('a text that', () => {
  test.each(['', 'garbage', '{}', '{"wasmgateImages":2}\n', '\u0000'])(
    'is no snapshot is ignored: %j',
    async (text) => {
      expect(await readSnapshot(text)).toBeNull();
    },
  );

  const change = (part: string, other: string): string => {
    expect(line).toContain(part);
    return line.replace(part, other);
  };

  test.each([
    ['is cut off', line.slice(0, 200)],
    ['is no JSON', 'x'],
    ['is another JSON', '[1]'],
    ['holds an invalid reference', change('registry.example/app:1', 'registry.example/a b')],
    ['holds a separator of keys in a namespace', change('"team-a"', '"team-a/x"')],
    ['holds a separator of keys in a secret', change('"pullSecrets":[]', '"pullSecrets":["a,b"]')],
    ['holds no time', change('"confirmedAt":1700000000000', '"confirmedAt":"yesterday"')],
    ['holds an index as a manifest', change('"config":{"mediaType"', '"manifests":[],"confih":{"mediaType"')],
    ['holds an invalid digest', change(LINUX.digest, 'sha256:x')],
    ['holds no manifest', change('"variants":[{', '"variants":[],"others":[{')],
    [
      'is too long',
      change('registry.example/app:1', `registry.example/app:1${' '.repeat(SNAPSHOT_LIMITS.maxImageLength)}`),
    ],
  ])('has a line that %s loses that one only', async (_case, broken) => {
    const found = await readSnapshot([HEADER, broken, line].join('\n'));
    expect(found).toMatchObject({ invalid: 1, images: [{ request: { image: 'registry.example/app:1' } }] });
  });
});
