import { beforeAll, describe, expect, test } from 'vitest';
import { deployment, pod } from '../../support/kubernetes/objects.ts';
import { useNode } from '../cluster/real-node.ts';
import { nodeImage } from '../images/push-node-images.ts';
import type { LivePod } from './live-pod.ts';
import { UNCHANGED } from './outcome.ts';
import { expectEnd, type TestNamespace, useNamespace } from './test-namespace.ts';

const node = useNode();
const judged = useNamespace(node, 'linux');
const unjudged = useNamespace(node, 'linux-off', { 'wasmgate.dev/mode': 'off' });
const image = nodeImage(node.registry, 'busybox');

/** The volume of the token has a random name. */
const NO_TOKEN = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0 };

const PLAIN = {
  ...NO_TOKEN,
  restartPolicy: 'Never',
  containers: [{ name: 'linux', image, command: ['/bin/echo', 'hello from Linux'] }],
};

const DETAILED = {
  ...NO_TOKEN,
  restartPolicy: 'Never',
  securityContext: { runAsUser: 1000, fsGroup: 1000 },
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'example.com/dedicated', operator: 'Exists' }],
  volumes: [{ name: 'data', emptyDir: {} }],
  initContainers: [
    {
      name: 'first',
      image,
      command: ['/bin/sh', '-c', 'echo from a file >/data/text'],
      volumeMounts: mounts(),
    },
  ],
  containers: [
    {
      name: 'linux',
      image,
      command: ['/bin/sh', '-c'],
      args: ['cat /data/text; sleep 0.3'],
      env: [{ name: 'MODULE', value: '/app.wasm' }],
      resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
      volumeMounts: mounts(),
    },
  ],
};

function mounts(): readonly object[] {
  return [{ name: 'data', mountPath: '/data' }];
}

const SERVER = {
  ...NO_TOKEN,
  containers: [{ name: 'linux', image, command: ['/bin/sh', '-c', 'echo hello from Linux; sleep 3600'] }],
};

function objectsOf(namespace: TestNamespace): readonly object[] {
  const name = namespace.name();
  return [
    pod('plain', name, { spec: PLAIN }),
    pod('detailed', name, {
      spec: DETAILED,
      metadata: { name: 'detailed', namespace: name, annotations: { a: 'b' } },
    }),
    deployment('server', name, { spec: SERVER }),
  ];
}

/** Returns all that wasmgate could have changed, as text. The server sets the rest, and the controller makes random names. */
function comparable(namespace: TestNamespace, { metadata, spec }: LivePod): string {
  const { annotations = {}, labels = {} } = metadata;
  const { 'pod-template-hash': hash = '', ...own } = labels;
  return JSON.stringify({ annotations, labels: own, spec }, null, 2)
    .replaceAll(namespace.name(), 'NAMESPACE')
    .replaceAll(hash === '' ? '(no hash)' : hash, 'HASH');
}

async function created(namespace: TestNamespace, prefix: string): Promise<string> {
  const [first] = await namespace.waitForPods(prefix, ([found]) => found?.spec.nodeName !== undefined);
  if (first === undefined) throw new Error('unreachable');
  return comparable(namespace, first);
}

describe('a Linux Pod', () => {
  beforeAll(() => Promise.all([judged, unjudged].map((namespace) => namespace.apply(objectsOf(namespace)))));

  test.each(['plain', 'detailed', 'server'])('%s is the same as without wasmgate', async (name) => {
    const text = await created(judged, name);
    expect(text).toContain('/bin/');
    expect(text).toBe(await created(unjudged, name));
  });

  test('runs on the default runtime', async () => {
    await expectEnd(judged, 'detailed', {
      ...UNCHANGED,
      phase: 'Succeeded',
      exitCodes: { first: 0, linux: 0 },
      limits: { first: null, linux: { memory: '64Mi' } },
      restarts: {},
      logs: { first: '', linux: 'from a file\n' },
    });
  });
});
