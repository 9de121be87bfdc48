import { describe, expect, test } from 'vitest';
import { shapeOf } from '../../src/pod/pod-shape.ts';
import { readPod } from '../../src/pod/pod.ts';
import { readReview } from '../support/admission/reviews.ts';

type Json = Record<string, unknown>;

/** Returns the shape of a real Pod after `change`. */
function shape(
  change: (parts: { pod: Json; metadata: Json; spec: Json; container: Json }) => void = () => {},
) {
  const pod = structuredClone(readReview('06').request.object) as Json;
  const spec = pod['spec'] as Json;
  const [container = {}] = spec['containers'] as Json[];
  change({ pod, metadata: pod['metadata'] as Json, spec, container });
  return shapeOf(readPod(pod));
}

function annotate(metadata: Json, key: string, value: string): void {
  metadata['annotations'] = { ...(metadata['annotations'] as Json), [key]: value };
}

describe('replicas have the same shape', () => {
  test.each<[string, Parameters<typeof shape>[0]]>([
    ['name', ({ metadata }) => (metadata['name'] = 'other')],
    ['generated name', ({ metadata }) => (metadata['generateName'] = 'other-')],
    ['namespace', ({ metadata }) => (metadata['namespace'] = 'other')],
    ['labels', ({ metadata }) => (metadata['labels'] = { 'pod-template-hash': 'other' })],
    ['owners', ({ metadata }) => (metadata['ownerReferences'] = [{ kind: 'Job', name: 'other' }])],
    ['managed fields', ({ metadata }) => (metadata['managedFields'] = [])],
    [
      'last applied configuration',
      ({ metadata }) => annotate(metadata, 'kubectl.kubernetes.io/last-applied-configuration', 'x'),
    ],
    ['volumes', ({ spec }) => (spec['volumes'] = [])],
    [
      'name of a mounted volume',
      ({ container }) => (container['volumeMounts'] as Json[]).forEach((mount) => (mount['name'] = 'other')),
    ],
    ['environment', ({ container }) => (container['env'] = [{ name: 'A', value: 'b' }])],
  ])('despite different %s', (_case, change) => {
    expect(shape(change)).toBe(shape());
  });
});

describe('a different shape', () => {
  const differences: readonly [string, Parameters<typeof shape>[0]][] = [
    ['an annotation', ({ metadata }) => annotate(metadata, 'module.wasm.image/variant', 'compat')],
    ['no annotations', ({ metadata }) => (metadata['annotations'] = {})],
    ['annotations null', ({ metadata }) => (metadata['annotations'] = null)],
    ['annotations absent', ({ metadata }) => delete metadata['annotations']],
    ['metadata absent', ({ pod }) => delete pod['metadata']],
    ['a DaemonSet', ({ metadata }) => (metadata['ownerReferences'] = [{ kind: 'DaemonSet', name: 'a' }])],
    ['a class', ({ spec }) => (spec['runtimeClassName'] = 'wasmtime')],
    ['class null', ({ spec }) => (spec['runtimeClassName'] = null)],
    ['a node selector', ({ spec }) => (spec['nodeSelector'] = { a: 'b' })],
    ['a toleration', ({ spec }) => (spec['tolerations'] = [{ key: 'a' }])],
    ['no tolerations', ({ spec }) => (spec['tolerations'] = [])],
    ['an overhead', ({ spec }) => (spec['overhead'] = { cpu: '1m' })],
    ['a pull secret', ({ spec }) => (spec['imagePullSecrets'] = [{ name: 'a' }])],
    ['an account', ({ spec }) => (spec['serviceAccountName'] = 'other')],
    ['an operating system', ({ spec }) => (spec['os'] = { name: 'linux' })],
    ['resources', ({ spec }) => (spec['resources'] = { limits: { cpu: '7' } })],
    ['host users', ({ spec }) => (spec['hostUsers'] = false)],
    ['a restart policy', ({ spec }) => (spec['restartPolicy'] = 'Never')],
    ['a node', ({ spec }) => (spec['nodeName'] = 'a')],
    ['an affinity', ({ spec }) => (spec['affinity'] = { nodeAffinity: {} })],
    ['init containers', ({ spec, container }) => (spec['initContainers'] = [container])],
    ['no init containers', ({ spec }) => (spec['initContainers'] = [])],
    ['init containers null', ({ spec }) => (spec['initContainers'] = null)],
    ['an ephemeral container', ({ spec, container }) => (spec['ephemeralContainers'] = [container])],
    ['one container fewer', ({ spec, container }) => (spec['containers'] = [container])],
    ['a container name', ({ container }) => (container['name'] = 'other')],
    ['an image', ({ container }) => (container['image'] = 'other')],
    ['a command', ({ container }) => (container['command'] = ['/a.wasm'])],
    ['arguments', ({ container }) => (container['args'] = ['/a.wasm'])],
    ['a working directory', ({ container }) => (container['workingDir'] = '/')],
    ['a mount', ({ container }) => (container['volumeMounts'] = [{ mountPath: '/a' }])],
    ['no mounts', ({ container }) => (container['volumeMounts'] = [])],
    ['mounts null', ({ container }) => (container['volumeMounts'] = null)],
    ['mounts absent', ({ container }) => delete container['volumeMounts']],
    ['resources of a container', ({ container }) => (container['resources'] = { requests: { cpu: '7' } })],
    ['a pull policy', ({ container }) => (container['imagePullPolicy'] = 'Never')],
    ['a restart policy of a container', ({ container }) => (container['restartPolicy'] = 'Always')],
    ['a terminal', ({ container }) => (container['tty'] = true)],
    ['a liveness probe', ({ container }) => (container['livenessProbe'] = { exec: {} })],
    ['a readiness probe', ({ container }) => (container['readinessProbe'] = { exec: {} })],
    ['a startup probe', ({ container }) => (container['startupProbe'] = { exec: {} })],
    ['a hook', ({ container }) => (container['lifecycle'] = { preStop: { exec: {} } })],
    [
      'a security context',
      ({ container }) => (container['securityContext'] = { readOnlyRootFilesystem: true }),
    ],
  ];

  test.each(differences)('%s', (_case, change) => {
    expect(shape(change)).not.toBe(shape());
  });

  test('each of them differs from the others', () => {
    expect(new Set(differences.map(([, change]) => shape(change))).size).toBe(differences.length);
  });
});
