import { describe, expect, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import type { CommandOverride } from '../../src/detect/effective-command.ts';
import type { PeekScope } from '../../src/detect/open-queries.ts';
import type { ImageFacts } from '../../src/image/image-facts.ts';
import { inspectImage } from '../../src/images/inspect-image.ts';
import {
  createPeekImage,
  PEEK_LIMITS,
  type PeekImage,
  type PeekLimits,
} from '../../src/images/peek-image.ts';
import { putLayeredImage, type LayeredImage } from '../support/image/layered-image.ts';
import { COMPONENT, ELF, hasGnuTar, MODULE } from '../support/image/tar.ts';
import { noiseOf } from '../support/lib/noise.ts';
import { fetchOptions, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

const KIB = 1024;

/** Sizes of response bodies, in order. */
const bodies: number[] = [];

const { registry, client } = await useRegistry({}, { onRequest: ({ bytes }) => bodies.push(bytes) });

interface Seen {
  readonly facts: ImageFacts;
  /** `wasm wasi-image module`, `container` … */
  readonly verdict: string;
  /** Requests of the peek. */
  readonly requests: number;
  readonly bytes: number;
}

interface Asked {
  readonly name?: string;
  readonly override?: CommandOverride;
  readonly scope?: PeekScope;
  readonly limits?: Partial<PeekLimits>;
  readonly peek?: PeekImage;
}

function describeVerdict(facts: ImageFacts, override: CommandOverride): string {
  const verdict = detectWasm(facts, override);
  return verdict.kind === 'wasm' ? `wasm ${verdict.flavour} ${verdict.shape ?? '?'}` : verdict.kind;
}

async function lookInto(image: LayeredImage | null, asked: Asked = {}): Promise<Seen> {
  const { name = 'layered/image:1', override = {}, scope = 'sign' } = asked;
  if (image !== null) putLayeredImage(registry.store, name, image);
  const reference = imageAt(registry, name);
  const outside = await inspectImage(client, { reference, architectures: [], ...fetchOptions() });
  const before = bodies.length;
  const peek = asked.peek ?? createPeekImage({ registry: client }, asked.limits);
  const facts = await peek({ reference, facts: outside, override, scope, ...fetchOptions() });
  const seen = bodies.slice(before);
  const bytes = seen.reduce((sum, length) => sum + length, 0);
  return { facts, verdict: describeVerdict(facts, override), requests: seen.length, bytes };
}

const wasi = { os: 'wasi', architecture: 'wasm' } as const;
const start = (...entrypoint: readonly string[]): object => ({ Entrypoint: entrypoint });
const LABELS = { 'module.wasm.image/variant': 'compat' };
const labelled = (first: string): object => ({ ...start(first), Labels: LABELS });

describe.skipIf(!hasGnuTar)('the started file is found, however the image is packaged', () => {
  const app = { 'app.wasm': MODULE };
  test.for<[string, LayeredImage, string]>([
    ['gzip', { ...wasi, config: start('/app.wasm'), layers: [{ tree: app }] }, 'wasm wasi-image module'],
    [
      'zstd',
      { ...wasi, config: start('/app.wasm'), layers: [{ tree: app, compression: 'zstd' }] },
      'wasm wasi-image module',
    ],
    [
      'no compression',
      { ...wasi, config: start('/app.wasm'), layers: [{ tree: app, compression: 'none' }] },
      'wasm wasi-image module',
    ],
    [
      'a wrong media type',
      {
        ...wasi,
        config: start('/app.wasm'),
        layers: [
          { tree: app, compression: 'zstd', mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' },
        ],
      },
      'wasm wasi-image module',
    ],
    [
      'Docker media types',
      {
        ...wasi,
        architecture: 'wasm32',
        isDocker: true,
        config: start('/app.wasm'),
        layers: [{ tree: app }],
      },
      'wasm wasi-image module',
    ],
    [
      'a component in a Linux image',
      { config: start('/app.wasm'), layers: [{ tree: { 'app.wasm': COMPONENT } }] },
      'wasm wasm-entrypoint component',
    ],
    [
      'CMD alone',
      { ...wasi, config: { Cmd: ['/app.wasm'] }, layers: [{ tree: app }] },
      'wasm wasi-image module',
    ],
    [
      'relative to the working directory',
      {
        ...wasi,
        config: { ...start('bin/app.wasm'), WorkingDir: '/srv' },
        layers: [{ tree: { 'srv/bin/app.wasm': COMPONENT } }],
      },
      'wasm wasi-image component',
    ],
    [
      'a bare name in PATH',
      {
        ...wasi,
        config: { ...start('app.wasm'), Env: ['HOME=/', 'PATH=/bin:/opt/wasm'] },
        layers: [{ tree: { 'opt/wasm/app.wasm': MODULE } }],
      },
      'wasm wasi-image module',
    ],
    [
      'with a function name',
      { config: start('/app.wasm#run'), layers: [{ tree: app }] },
      'wasm wasm-entrypoint module',
    ],
    [
      'through a link',
      {
        config: start('/app.wasm'),
        layers: [{ tree: { 'lib/x.wasm': MODULE, 'app.wasm': { link: 'lib/x.wasm' } } }],
      },
      'wasm wasm-entrypoint module',
    ],
    [
      'through a link to a layer below',
      {
        config: start('/app.wasm'),
        layers: [{ tree: { 'lib/x.wasm': MODULE } }, { tree: { 'app.wasm': { link: '/lib/x.wasm' } } }],
      },
      'wasm wasm-entrypoint module',
    ],
    [
      'in a lower layer',
      { ...wasi, config: start('/app.wasm'), layers: [{ tree: app }, { tree: { 'etc/hosts': '' } }] },
      'wasm wasi-image module',
    ],
    [
      'replaced by an upper layer',
      { ...wasi, config: start('/app.wasm'), layers: [{ tree: { 'app.wasm': COMPONENT } }, { tree: app }] },
      'wasm wasi-image module',
    ],
    [
      'removed by an upper layer',
      { ...wasi, config: start('/app.wasm'), layers: [{ tree: app }, { tree: { '.wh.app.wasm': '' } }] },
      'wasm wasi-image ?',
    ],
    [
      'a correct label',
      { config: labelled('/app'), layers: [{ tree: { app: MODULE } }] },
      'wasm annotated-image module',
    ],
    ['an inherited label', { config: labelled('/app'), layers: [{ tree: { app: ELF } }] }, 'container'],
    [
      'a label on a script',
      { config: labelled('/run'), layers: [{ tree: { run: '#!/bin/sh\n' } }] },
      'container',
    ],
    [
      'a program under the name of a Wasm file',
      { config: start('/app.wasm'), layers: [{ tree: { 'app.wasm': ELF } }] },
      'container',
    ],
    [
      'Spin, in a layer below its modules',
      {
        ...wasi,
        layers: [
          { tree: { 'spin.toml': 'spin_manifest_version = 2' } },
          { tree: { 'target/a.wasm': noiseOf(900 * KIB) } },
        ],
      },
      'wasm spin-rootfs application',
    ],
    [
      'Spin for Linux, without a command',
      { layers: [{ tree: { 'spin.toml': 'spin_manifest_version = 2' } }] },
      'wasm spin-rootfs application',
    ],
    [
      'Spin with one of its files as the entrypoint',
      { ...wasi, config: start('/app.wasm'), layers: [{ tree: { 'spin.toml': '', ...app } }] },
      'wasm spin-rootfs application',
    ],
    [
      'slight',
      { ...wasi, isDocker: true, layers: [{ tree: { 'slightfile.toml': '', ...app } }] },
      'wasm slight-app application',
    ],
    ['neither Spin nor slight', { ...wasi, layers: [{ tree: app }] }, 'wasm wasi-image ?'],
    ['a Linux image without a command', { layers: [{ tree: { app: ELF } }] }, 'container'],
    [
      'a proxy plugin',
      { config: { Labels: LABELS }, layers: [{ tree: { 'plugin.wasm': MODULE } }] },
      'not-a-workload',
    ],
    [
      'an unreadable layer',
      {
        ...wasi,
        config: start('/app.wasm'),
        layers: [
          { tree: app, mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' },
          { tree: { x: '' } },
        ],
      },
      'wasm wasi-image ?',
    ],
  ])('%s', async ([, image, verdict]) => {
    expect((await lookInto(image)).verdict).toBe(verdict);
  });
});

describe.skipIf(!hasGnuTar)('no more is read than necessary', () => {
  test('the layers of an ordinary image are not read without a reason', async () => {
    const image = { config: start('/server'), layers: [{ tree: { server: ELF } }] };
    expect(await lookInto(image)).toMatchObject({ requests: 0, verdict: 'container' });
    expect(await lookInto(image, { scope: 'any' })).toMatchObject({ requests: 1, verdict: 'container' });
  });

  test("the Pod's command is searched for", async () => {
    const image = { config: start('/server'), layers: [{ tree: { server: ELF, 'x.wasm': COMPONENT } }] };
    const seen = await lookInto(image, { override: { command: ['x.wasm'] } });
    expect(seen.verdict).toBe('wasm wasm-entrypoint component');
  });

  test('only the beginning of a large file, and no layer below it', async () => {
    const tree = { 'app.wasm': Buffer.concat([MODULE, noiseOf(2000 * KIB)]) };
    const base = { tree: { 'etc/base': noiseOf(500 * KIB) } };
    const seen = await lookInto({ ...wasi, config: start('/app.wasm'), layers: [base, { tree }] });
    expect(seen.verdict).toBe('wasm wasi-image module');
    expect(seen.bytes).toBeLessThanOrEqual(PEEK_LIMITS.maxBytes + PEEK_LIMITS.layerReserve);
  });

  test('nothing below a Linux program', async () => {
    const layers = [{ tree: { 'etc/base': noiseOf(500 * KIB) } }, { tree: { app: ELF } }];
    expect(await lookInto({ config: labelled('/app'), layers })).toMatchObject({
      requests: 1,
      verdict: 'container',
    });
  });

  test('the bounds apply to the whole image', async () => {
    const layers = Array.from({ length: 30 }, (_, index) => ({
      tree: { [`file-${index}`]: noiseOf(100 * KIB) },
    }));
    const seen = await lookInto({ ...wasi, config: start('/app.wasm'), layers });
    expect(seen.verdict).toBe('wasm wasi-image ?');
    expect(seen.requests).toBeLessThanOrEqual(PEEK_LIMITS.maxLayers);
    expect(seen.bytes).toBeLessThanOrEqual(PEEK_LIMITS.maxBytes);
  });

  test('decompressed bytes count, too', async () => {
    const layers = [
      { tree: { 'app.wasm': MODULE } },
      { tree: { zeros: new Uint8Array(3000 * 1024) } },
      { tree: { more: new Uint8Array(3000 * 1024) } },
    ];
    const image = { ...wasi, config: start('/app.wasm'), layers };
    expect((await lookInto(image)).verdict).toBe('wasm wasi-image ?');
    const limits = { maxInflatedBytes: 8 * 1024 * 1024 };
    expect((await lookInto(image, { limits })).verdict).toBe('wasm wasi-image module');
  });

  test('a file beyond the bounds is hidden, and not searched for again', async () => {
    const tree = { 'a-file': noiseOf(400 * KIB), 'app.wasm': MODULE };
    const { facts } = await lookInto({ ...wasi, config: start('/app.wasm'), layers: [{ tree }] });
    expect(facts.variants[0].contents.get('/app.wasm')).toBe('hidden');
    const before = bodies.length;
    const peek = createPeekImage({ registry: client });
    const request = {
      reference: imageAt(registry, 'layered/image:1'),
      override: {},
      scope: 'sign',
      ...fetchOptions(),
    } as const;
    expect(await peek({ ...request, facts })).toBe(facts);
    expect(bodies).toHaveLength(before);
  });

  test('a small lower layer keeps its share below a large one', async () => {
    const layers = [{ tree: { 'spin.toml': 'x' } }, { tree: { 'a.wasm': noiseOf(900 * KIB) } }];
    expect(await lookInto({ ...wasi, layers })).toMatchObject({
      requests: 2,
      verdict: 'wasm spin-rootfs application',
    });
  });
});

describe.skipIf(!hasGnuTar)('layer listings are cached', () => {
  const image = {
    ...wasi,
    config: start('/app.wasm'),
    layers: [{ tree: { 'app.wasm': MODULE, 'b.wasm': COMPONENT } }],
  };

  test('another tag with the same layers needs no request', async () => {
    const peek = createPeekImage({ registry: client });
    expect(await lookInto(image, { name: 'same/app:1', peek })).toMatchObject({ requests: 1 });
    const other = { ...image, config: { ...image.config, Labels: { version: '2' } } };
    expect(await lookInto(other, { name: 'same/app:2', peek })).toMatchObject({
      requests: 0,
      verdict: 'wasm wasi-image module',
    });
  });

  test('another command on the same layers needs no request', async () => {
    const peek = createPeekImage({ registry: client });
    await lookInto(image, { peek });
    const seen = await lookInto(null, { peek, override: { command: ['/b.wasm'] } });
    expect(seen).toMatchObject({ requests: 0, verdict: 'wasm wasi-image component' });
  });

  test('another repository is read again: an unverified head counts for one repository only', async () => {
    const peek = createPeekImage({ registry: client });
    await lookInto(image, { name: 'one/app:1', peek });
    expect(await lookInto(image, { name: 'two/app:1', peek })).toMatchObject({ requests: 1 });
  });

  test('a partly read layer is read further if necessary', async () => {
    const peek = createPeekImage({ registry: client });
    const tree = { app: ELF, filler: noiseOf(100 * KIB), 'late.wasm': MODULE };
    const part = { config: labelled('/app'), layers: [{ tree }] };
    expect((await lookInto(part, { peek })).verdict).toBe('container');
    const seen = await lookInto(null, { peek, override: { command: ['/late.wasm'] } });
    expect(seen.verdict).toBe('wasm wasm-entrypoint module');
  });
});

test('a failure has its reason, as everywhere', async () => {
  putLayeredImage(registry.store, 'gone/app:1', {
    ...wasi,
    config: start('/app.wasm'),
    layers: [{ tree: { x: 'x' } }],
  });
  const reference = imageAt(registry, 'gone/app:1');
  const facts = await inspectImage(client, { reference, architectures: [], ...fetchOptions() });
  const peek = createPeekImage({ registry: client });
  const elsewhere = { ...reference, repository: 'elsewhere/app' };
  const failure = failureOf(
    peek({ reference: elsewhere, facts, override: {}, scope: 'sign', ...fetchOptions() }),
  );
  expect((await failure).code).toBe('not-found');
});
