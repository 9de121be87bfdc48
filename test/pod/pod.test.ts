import { expect, test } from 'vitest';
import { assessWithoutRegistry } from '../../src/assess/assess-container.ts';
import { CONTAINER_FIELDS, readPod, SPEC_FIELDS } from '../../src/pod/pod.ts';
import { visitContainers } from '../../src/pod/visit-containers.ts';

const PROBE = { exec: {}, initialDelaySeconds: 1, periodSeconds: 1, failureThreshold: 1 };
const RESOURCES = { requests: { cpu: '1' }, limits: { memory: 1 } };
const TERM = { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }], matchFields: [{ key: 'a' }] };
const CONTAINER = {
  name: 'app',
  image: 'registry.example/app:1',
  command: ['a'],
  args: ['a'],
  env: [{ name: 'A', value: 'a', valueFrom: {} }],
  workingDir: '/',
  volumeMounts: [{ mountPath: '/a' }],
  resources: RESOURCES,
  imagePullPolicy: 'Always',
  restartPolicy: 'Always',
  tty: true,
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  startupProbe: PROBE,
  lifecycle: { postStart: { exec: {} }, preStop: { exec: {} } },
  securityContext: { readOnlyRootFilesystem: true },
};
const TOLERATION = { key: 'a', operator: 'Exists', value: 'a', effect: 'NoExecute', tolerationSeconds: 60 };

/** Every field that wasmgate reads. */
const POD = {
  metadata: {
    name: 'app',
    uid: 'a',
    labels: { a: 'b' },
    annotations: { a: 'b' },
    deletionTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'a', uid: 'a', controller: true }],
  },
  spec: {
    containers: [CONTAINER],
    initContainers: [CONTAINER],
    ephemeralContainers: [CONTAINER],
    runtimeClassName: 'a',
    nodeSelector: { a: 'b' },
    tolerations: [TOLERATION],
    overhead: { cpu: '1' },
    imagePullSecrets: [{ name: 'a' }],
    serviceAccountName: 'a',
    os: { name: 'linux' },
    resources: RESOURCES,
    hostUsers: true,
    restartPolicy: 'Always',
    nodeName: 'a',
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [TERM] } },
    },
  },
};

const REQUIRED = /^spec(?:\.containers|\.\w*[cC]ontainers\[0\]\.name)?$/;
/** An entry of a list or of a map has to be there; a field of an object may be null. */
const ENTRY =
  /\[\d+\]$|(?:labels|annotations|nodeSelector|overhead|requests|limits)\.\w+$|\.(?:command|args|values)\[/;

type Json = Record<string, unknown>;

/** Each place of the Pod, with a function that puts another value there. */
function placesOf(
  value: unknown,
  path = '',
): readonly (readonly [string, (pod: Json, next: unknown) => void])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]: [string, unknown]) => {
    const place = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const put = (pod: Json, next: unknown): void => {
      const keys = place.split(/[.[\]]+/).filter((step) => step !== '');
      const parent = keys.slice(0, -1).reduce<Json>((object, step) => object[step] as Json, pod);
      parent[keys.at(-1) ?? ''] = next;
    };
    return [[place, put] as const, ...placesOf(entry, place)];
  });
}

const PLACES = placesOf(POD);

function read(put: (pod: Json, next: unknown) => void, next: unknown): unknown {
  // Its containers are one object, which a structured clone would still share.
  const pod = JSON.parse(JSON.stringify(POD)) as Json;
  put(pod, next);
  return readPod(pod);
}

test('the Pod of these tests has every field that wasmgate reads', () => {
  expect(Object.keys(POD.spec)).toEqual(expect.arrayContaining(Object.keys(SPEC_FIELDS)));
  expect(Object.keys(CONTAINER).toSorted()).toEqual(Object.keys(CONTAINER_FIELDS).toSorted());
});

test('readPod returns the very object', () => {
  expect(readPod(POD)).toBe(POD);
});

test.each(PLACES)('%s has a type', (place, put) => {
  expect(() => read(put, () => undefined)).toThrow(`Cannot read Pod field "${place}": expected `);
});

test.each(PLACES.filter(([place]) => !REQUIRED.test(place) && !ENTRY.test(place)))(
  '%s may be null or absent',
  (_place, put) => {
    expect(() => [read(put, null), read(put, undefined)]).not.toThrow();
  },
);

test.each(PLACES.filter(([place]) => REQUIRED.test(place)))('%s is required', (place, put) => {
  expect(() => read(put, null)).toThrow(`Cannot read Pod field "${place}"`);
  expect(() => read(put, undefined)).toThrow(`Cannot read Pod field "${place}"`);
});

test('the type of tolerationSeconds is checked', () => {
  const spec = { containers: [{ name: 'app' }], tolerations: [{ key: 'a', tolerationSeconds: '60' }] };
  expect(() => readPod({ spec })).toThrow(
    'Cannot read Pod field "spec.tolerations[0].tolerationSeconds": expected a whole number, found string',
  );
});

test('fields with the names of methods are unknown, not checked', () => {
  const pod: unknown = JSON.parse('{"spec": {"containers": [], "__proto__": 1, "constructor": 2}}');
  expect(readPod(pod)).toBe(pod);
});

test.each([null, 'text', [], 7])('%j is not a Pod', (value) => {
  expect(() => readPod(value)).toThrow('Cannot read Pod field "pod": expected an object');
});

test('a container whose image is null names no image', () => {
  const { spec } = readPod({ spec: { containers: [{ name: 'app', image: null }] } });
  const [visited] = visitContainers(spec);
  expect(visited && assessWithoutRegistry(visited)?.verdict).toMatchObject({ reason: 'invalid' });
});
