import { describe, expect, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import {
  pushBlob,
  pushImage,
  pushManifest,
  targetOf,
  type PushedContent,
  type Target,
} from '../../src/fake-registry/push-image.ts';
import type { ImageFacts } from '../../src/image/image-facts.ts';
import {
  CNCF_WASM_CONFIG,
  DOCKER_LIST,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../src/image/media-types.ts';
import { formatPlatform } from '../../src/image/platform.ts';
import { inspectImage } from '../../src/images/inspect-image.ts';
import { MODULE } from '../support/image/tar.ts';
import { fetchOptions, failureOf, imageAt } from '../support/registry/registry-client.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

const { registry, client } = await useRegistry();

type Push = (target: Target) => PushedContent;
type Entry = readonly [push: Push, fields?: object];

function image(os: string, architecture: string, file: string): Push {
  const files = { [file]: MODULE };
  return (target) => pushImage(target, { os, architecture, files, entrypoint: [`/${file}`] });
}

const linux = image('linux', 'amd64', 'server');
const arm = image('linux', 'arm64', 'server');
const wasi = image('wasi', 'wasm', 'app.wasm');

/** An image config around a Wasm layer, as runwasi's builder makes it. */
const runwasi: Push = (target) => {
  const config = pushBlob(target, OCI_CONFIG, {
    os: 'wasip1',
    architecture: 'wasm',
    config: { Entrypoint: ['app.wasm'] },
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const type = 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm';
  return pushManifest(target, { schemaVersion: 2, config, layers: [pushBlob(target, type, MODULE)] });
};

const cncf: Push = (target) => {
  const config = pushBlob(target, CNCF_WASM_CONFIG, { os: 'wasip1', architecture: 'wasm', component: null });
  return pushManifest(target, {
    schemaVersion: 2,
    config,
    layers: [pushBlob(target, 'application/wasm', MODULE)],
  });
};

const attestation: Push = (target) => {
  const config = pushBlob(target, OCI_EMPTY, {});
  const layers = [pushBlob(target, 'application/vnd.in-toto+json', { _type: 'statement' })];
  return pushManifest(target, { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
};

function index(entries: readonly Entry[], mediaType: string = OCI_INDEX): Push {
  return (target) => {
    const manifests = entries.map(([push, fields]) => ({ ...push({ ...target, tag: null }), ...fields }));
    return pushManifest(target, { schemaVersion: 2, mediaType, manifests }, mediaType);
  };
}

function platform(os: string, architecture: string): object {
  return { platform: { os, architecture } };
}

const UNKNOWN = platform('unknown', 'unknown');

async function inspect(push: Push, architectures: readonly string[] = ['amd64']): Promise<ImageFacts> {
  push(targetOf(registry.store, 'index/image:1'));
  return inspectImage(client, {
    reference: imageAt(registry, 'index/image:1'),
    architectures,
    ...fetchOptions(),
  });
}

function outcome(facts: ImageFacts): string {
  const verdict = detectWasm(facts);
  const what = verdict.kind === 'wasm' ? `wasm ${verdict.flavour}` : verdict.kind;
  const behind = verdict.kind === 'wasm' && verdict.isBehindIndex === true ? ', behind the index' : '';
  return `${what}${behind}; ${facts.pull.ok ? 'pulls' : facts.pull.cause}`;
}

describe('which entry of an index nodes take', () => {
  test.for<[string, Push, string]>([
    ['one entry for Linux', index([[linux, platform('linux', 'amd64')]]), 'container; pulls'],
    [
      'Linux and wasi',
      index([
        [wasi, platform('wasi', 'wasm')],
        [linux, platform('linux', 'amd64')],
      ]),
      'container; pulls',
    ],
    [
      "the same as Docker's list",
      index(
        [
          [wasi, platform('wasi', 'wasm')],
          [linux, platform('linux', 'amd64')],
        ],
        DOCKER_LIST,
      ),
      'container; pulls',
    ],
    ['only wasi', index([[wasi, platform('wasi', 'wasm')]]), 'wasm wasi-index; no-platform'],
    [
      'wasi and its attestation',
      index([
        [wasi, platform('wasi', 'wasm')],
        [attestation, { ...UNKNOWN, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }],
      ]),
      'wasm wasi-index; no-platform',
    ],
    [
      'linux/wasm, which is no node’s platform',
      index([[wasi, platform('linux', 'wasm')]]),
      'wasm wasi-index; no-platform',
    ],
    [
      'an entry for Linux whose config is wasi',
      index([[wasi, platform('linux', 'amd64')]]),
      'wasm wasi-image; pulls',
    ],
    [
      'a runwasi image as the entry for Linux',
      index([[runwasi, platform('linux', 'amd64')]]),
      'wasm runwasi-oci, behind the index; pulls',
    ],
    [
      'an artifact as the entry for Linux',
      index([[cncf, platform('linux', 'amd64')]]),
      'wasm oci-module, behind the index; pulls',
    ],
    [
      'an artifact under its own platform',
      index([[cncf, platform('wasip1', 'wasm')]]),
      'wasm oci-module; no-platform',
    ],
    ['Linux without a platform', index([[linux]]), 'container; pulls'],
    ['wasi without a platform', index([[wasi]]), 'wasm wasi-index; no-platform'],
    ['a runwasi image without a platform', index([[runwasi]]), 'wasm runwasi-oci; no-platform'],
    ['wasi and Linux, both without a platform', index([[wasi], [linux]]), 'container; pulls'],
    [
      'Linux without a platform beside wasi with one',
      index([[linux], [wasi, platform('wasi', 'wasm')]]),
      'container; mixed-index',
    ],
    ['an index in an index', index([[index([[linux, platform('linux', 'amd64')]])]]), 'container; pulls'],
    ['only attestations', index([[attestation, UNKNOWN]]), 'not-a-workload; no-platform'],
    [
      'a referrer, on a registry without the referrers API',
      index([[attestation, { artifactType: 'application/vnd.in-toto+json' }]]),
      'not-a-workload; no-platform',
    ],
    [
      'only Windows',
      index([[image('windows', 'amd64', 'app.exe'), platform('windows', 'amd64')]]),
      'container; pulls',
    ],
  ])('%s', async ([, push, expected]) => {
    expect(outcome(await inspect(push))).toBe(expected);
  });

  test('nodes of two architectures take two entries', async () => {
    const both = index([
      [linux, platform('linux', 'amd64')],
      [arm, platform('linux', 'arm64')],
    ]);
    expect((await inspect(both)).variants).toHaveLength(1);
    expect((await inspect(both, ['amd64', 'arm64'])).variants).toHaveLength(2);
  });

  test('the Wasm entry beside the one that nodes take is found at any depth', async () => {
    const { digest } = wasi(targetOf(registry.store, 'index/image:1'));
    const other = platform('wasi', 'wasm');
    const both = index([
      [linux, platform('linux', 'amd64')],
      [wasi, other],
    ]);
    expect(await inspect(both)).toMatchObject({ wasmEntry: digest });
    expect(await inspect(index([[both, platform('linux', 'amd64')]]))).toMatchObject({ wasmEntry: digest });
    expect(await inspect(index([[linux, platform('linux', 'amd64')]]))).not.toHaveProperty('wasmEntry');
    expect(await inspect(index([[wasi, other]]))).not.toHaveProperty('wasmEntry');
  });

  test('an index offers each platform once; a single manifest offers none', async () => {
    const offered = async (push: Push): Promise<unknown> => {
      const { offer } = await inspect(push);
      return offer && [offer.platforms.map(formatPlatform), offer.isPartial];
    };
    const entries: readonly Entry[] = [
      [linux, platform('linux', 'x86_64')],
      [linux, platform('linux', 'amd64')],
      [wasi, platform('wasi', 'wasm')],
      [attestation, UNKNOWN],
    ];
    expect(await offered(index(entries))).toEqual([['linux/amd64', 'wasi/wasm'], false]);
    expect(await offered(index([[linux], [wasi, platform('wasi', 'wasm')]]))).toEqual([['wasi/wasm'], true]);
    expect(await offered(linux)).toBeUndefined();
    const many = Array.from({ length: 70 }, (_, count): Entry => [linux, platform('linux', `cpu${count}`)]);
    expect(await offered(index(many))).toEqual([expect.objectContaining({ length: 64 }), true]);
  });

  test('the digest to name instead is that of the image', async () => {
    const { pull, variants } = await inspect(index([[wasi, platform('wasi', 'wasm')]]));
    expect(pull).toMatchObject({ insteadUse: variants[0].digest });
    const attested = await inspect(index([[attestation, UNKNOWN]]));
    expect(attested.pull).toMatchObject({ insteadUse: null });
  });
});

describe('what is not an image', () => {
  test.for<[string, Push, string]>([
    ['an empty index', index([]), 'lists no image'],
    ['endlessly nested indexes', index([[index([[index([[index([[linux]])]])]])]]), 'nested too deep'],
    [
      "Docker's schema 1",
      (target) =>
        pushManifest(
          target,
          { schemaVersion: 1, name: 'index/image', fsLayers: [] },
          'application/vnd.docker.distribution.manifest.v1+prettyjws',
        ),
      'schema 1',
    ],
  ])('%s', async ([, push, state]) => {
    push(targetOf(registry.store, 'index/image:1'));
    const reference = imageAt(registry, 'index/image:1');
    const work = inspectImage(client, { reference, architectures: [], ...fetchOptions() });
    await expect(work).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(state) as string,
    });
  });

  test('a missing entry', async () => {
    const missing = { mediaType: OCI_MANIFEST, digest: `sha256:${'0'.repeat(64)}`, size: 2 } as const;
    const push: Push = (target) =>
      pushManifest(
        target,
        { schemaVersion: 2, manifests: [{ ...missing, ...platform('linux', 'amd64') }] },
        OCI_INDEX,
      );
    push(targetOf(registry.store, 'index/image:1'));
    const reference = imageAt(registry, 'index/image:1');
    const failure = failureOf(inspectImage(client, { reference, architectures: [], ...fetchOptions() }));
    expect((await failure).code).toBe('not-found');
  });
});
