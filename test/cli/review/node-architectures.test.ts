import { describe, expect, test } from 'vitest';
import type { ImageStore } from '../../../src/fake-registry/image-store.ts';
import { pushImage, pushIndex, targetOf, type Build } from '../../../src/fake-registry/push-image.ts';
import { HELLO_MODULE } from '../../../src/fake-registry/wasm-programs.ts';
import { startReviewStage } from '../../support/cli/review-stage.ts';

function build(os: string, architecture: string, file = 'app.wasm'): Build {
  return { os, architecture, files: { [file]: HELLO_MODULE }, entrypoint: [`/${file}`] };
}

function put(store: ImageStore): void {
  pushImage(targetOf(store, 'corpus/wasi:1'), build('wasi', 'wasm'));
  pushImage(targetOf(store, 'corpus/single-amd64:1'), build('linux', 'amd64'));
  pushIndex(targetOf(store, 'corpus/amd64:1'), [build('linux', 'amd64')]);
  pushIndex(targetOf(store, 'corpus/server-and-wasi:1'), [
    build('linux', 'amd64', 'server'),
    build('wasi', 'wasm'),
  ]);
}

function node(name: string, architecture: string, version: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/arch': architecture, 'kubernetes.io/os': 'linux' } },
    status: {
      capacity: { cpu: '4' },
      nodeInfo: { architecture, containerRuntimeVersion: `containerd://${version}` },
      runtimeHandlers: ['', 'runc', 'wasmtime', 'wasmedge'].map((handler) => ({ name: handler })),
    },
  };
}

const CLASSES = ['wasmtime', 'wasmedge'].map((name) => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name },
  handler: name,
}));

/** Returns the findings about a Pod with these images, with their advice. */
async function findingsOn(nodes: readonly object[], images: readonly string[], spec: object = {}) {
  await using stage = await startReviewStage({ images: put });
  const facts = await stage.write(
    'facts.json',
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...CLASSES, ...nodes] }),
  );
  const containers = images.map((image, index) => ({
    name: `c${index}`,
    image: `REGISTRY/corpus/${image}:1`,
  }));
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { ...spec, containers } };
  const manifest = await stage.write('pod.json', JSON.stringify(pod));
  const { items } = await stage.report(['-f', manifest, '--facts', facts]);
  return (items[0]?.findings ?? []).map(({ id, container, message, advice }) => ({
    id,
    container,
    text: `${message} ${advice}`,
  }));
}

const ARM = [node('pi-1', 'arm64', '2.1.5')];

describe('an index for amd64 in a cluster of arm64 nodes is reported', () => {
  test.each<[string, readonly string[], object, string]>([
    ['of a class that is chosen', ['amd64'], {}, 'c0'],
    ['of a class that the Pod names', ['amd64'], { runtimeClassName: 'wasmtime' }, 'c0'],
    ['of a Linux sidecar', ['wasi', 'server-and-wasi'], {}, 'c1'],
  ])('%s', async (_case, images, spec, container) => {
    const findings = await findingsOn(ARM, images, spec);
    expect(findings).toEqual([expect.objectContaining({ id: 'image-not-for-node-architecture', container })]);
    expect(findings[0]?.text).toContain('the only node, "pi-1", is linux/arm64');
    expect(findings[0]?.text).toContain('--platform linux/arm64 --provenance=false --sbom=false');
  });

  test('a single manifest for amd64 is pulled by them', async () => {
    expect(await findingsOn(ARM, ['single-amd64'])).toEqual([]);
  });
});

describe('advice on images that nodes cannot unpack', () => {
  test.each<[string, readonly string[], string]>([
    ['arm64 nodes', ['arm64'], 'with --platform linux/arm64 --provenance=false --sbom=false.'],
    ['amd64 nodes', ['amd64', 'amd64'], 'with --platform linux/amd64 --provenance=false --sbom=false.'],
    ['nodes of both', ['arm64', 'amd64'], 'with --platform linux/amd64,linux/arm64.'],
  ])('%s', async (_case, architectures, advice) => {
    const nodes = architectures.map((name, index) => node(`n${index}`, name, '2.3.7'));
    const [finding] = await findingsOn(nodes, ['wasi']);
    expect(finding).toMatchObject({ id: 'image-needs-unpack-setting' });
    expect(finding?.text).toContain(advice);
  });

  test('an index for one of two architectures names how many nodes lack it', async () => {
    const nodes = ['arm64', 'amd64', 'amd64'].map((name, index) => node(`n${index}`, name, '2.2.9'));
    const [finding] = await findingsOn(nodes, ['amd64']);
    expect(finding?.text).toContain(
      'cannot be pulled on every node: its index offers linux/amd64, and 1 of 3 nodes needs another (such as "n0", linux/arm64)',
    );
    expect(finding?.text).toContain('Build it with --platform linux/amd64,linux/arm64, or select nodes');
  });
});
