import { beforeAll, describe, test } from 'vitest';
import { pod } from '../../support/kubernetes/objects.ts';
import { useNode } from '../cluster/real-node.ts';
import { nodeImage } from '../images/push-node-images.ts';
import {
  ANY_LIMITS,
  CHOSEN,
  COMPLETED,
  HELLO,
  type Outcome,
  restartPolicyOf,
  STANDARD_LIMITS,
} from './outcome.ts';
import { RESTRICTED_CONTEXT } from './restricted-context.ts';
import { expectEnd, useNamespace } from './test-namespace.ts';

const node = useNode();
const namespace = useNamespace(node, 'workloads');
const restricted = useNamespace(node, 'restricted', { 'pod-security.kubernetes.io/enforce': 'restricted' });

function wasm(image: string, more: object = {}): object {
  return { name: 'wasm', image: nodeImage(node.registry, image), ...more };
}

interface Case {
  readonly name: string;
  readonly what: string;
  readonly spec: object;
  readonly expected: Outcome;
}

interface ImageCase {
  readonly command?: readonly string[];
  readonly expected?: Partial<Outcome>;
}

function imageCase(image: string, { command, expected = {} }: ImageCase = {}): Case {
  return {
    name: image,
    what: `image ${image}`,
    spec: {
      restartPolicy: restartPolicyOf(image),
      containers: [wasm(image, command === undefined ? {} : { command })],
    },
    expected: { ...COMPLETED, ...expected },
  };
}

const linux = {
  name: 'linux',
  image: nodeImage(node.registry, 'busybox'),
  // containerd can lose the output of a container that ends at once.
  command: ['/bin/sh', '-c', 'echo hello from Linux; sleep 0.3'],
};

function mixedCase(name: string, what: string, spec: object): Case {
  const expected = {
    ...CHOSEN,
    phase: 'Succeeded',
    exitCodes: { wasm: 0, linux: 0 },
    limits: { wasm: STANDARD_LIMITS, linux: null },
    restarts: {},
    logs: { wasm: HELLO, linux: 'hello from Linux\n' },
  };
  return { name, what, spec: { restartPolicy: 'Never', ...spec }, expected };
}

const CASES: readonly Case[] = [
  imageCase('wasi-module'),
  imageCase('wasip1-module'),
  imageCase('linux-module'),
  imageCase('linux-index'),
  imageCase('layer-module'),
  imageCase('cncf-module', { command: ['app.wasm'] }),
  imageCase('layer-component', { expected: { logs: { wasm: 'hello from Go [app.wasm]\n' } } }),
  imageCase('cncf-component', {
    command: ['app.wasm'],
    expected: { logs: { wasm: 'hello from Go [app.wasm]\n' } },
  }),
  imageCase('component-file', {
    expected: { logs: { wasm: 'hello from Go [/app.wasm]\n' }, limits: { wasm: ANY_LIMITS } },
  }),
  mixedCase('sidecar-after', 'a Linux sidecar after the module', {
    containers: [wasm('wasi-module'), linux],
  }),
  mixedCase('sidecar-before', 'a Linux sidecar before the module', {
    containers: [linux, wasm('wasi-module')],
  }),
  mixedCase('linux-before', 'a Linux init container before the module', {
    initContainers: [linux],
    containers: [wasm('wasi-module')],
  }),
  mixedCase('wasm-before', 'a module as init container before Linux', {
    initContainers: [wasm('wasi-module')],
    containers: [linux],
  }),
];

describe('a Pod without runtimeClassName completes', () => {
  beforeAll(() => namespace.apply(CASES.map(({ name, spec }) => pod(name, namespace.name(), { spec }))));

  test.each(CASES)('$what', async ({ name, expected }) => {
    await expectEnd(namespace, name, expected);
  });
});

describe('Pod Security "restricted" admits a Pod that wasmgate changed, and it completes', () => {
  const IMAGES = ['wasi-module', 'layer-module'];
  const restrictedPod = (image: string): object => {
    const containers = [wasm(image, { securityContext: RESTRICTED_CONTEXT })];
    return pod(image, restricted.name(), { spec: { restartPolicy: restartPolicyOf(image), containers } });
  };
  beforeAll(() => restricted.apply(IMAGES.map(restrictedPod)));

  test.each(IMAGES)('%s', async (image) => {
    await expectEnd(restricted, image, COMPLETED);
  });
});
