import { NODE_NAME } from '../../cluster/node-settings.ts';

/** RuntimeClasses of the suite. The node has the handlers of `selecting` and, if there is a crun, of the last three. */
export const CLASSES = {
  /** Handler wasmtime, the node's own nodeSelector, and an overhead. */
  selecting: 'wasmtime-selecting',
  absent: 'wasmer-absent',
  spin: 'spin-absent',
  /** A handler of the other node. */
  partly: 'wamr-partly',
  /** Selects the other node, whose taint it does not tolerate. */
  tainted: 'wasmedge-tainted',
  /** For a node with crun: the handler that gets annotations, the one that does not, and the one for all containers. */
  crun: 'crun-with-annotations',
  crunPlain: 'crun-without-annotations',
  crunWasm: 'crun-wasm-for-all',
} as const;

const ELSEWHERE = { key: 'findings.test/elsewhere', value: 'true', effect: 'NoSchedule' } as const;

/** The name of the node without a kubelet. */
export const OTHER_NODE = 'findings-elsewhere';

/** On namespaces that the mutating webhook is not called for. */
export const UNCHANGED_LABEL = 'findings.test/unchanged';

interface ClassParts {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly overhead?: Readonly<Record<string, string>>;
}

function runtimeClass(name: string, handler: string, { nodeSelector, overhead }: ClassParts = {}): object {
  return {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name },
    handler,
    ...(nodeSelector === undefined ? {} : { scheduling: { nodeSelector } }),
    ...(overhead === undefined ? {} : { overhead: { podFixed: overhead } }),
  };
}

/** @param handlers of the node with a kubelet */
export function stageClasses(handlers: readonly string[]): readonly object[] {
  const optional = { crun: CLASSES.crun, 'crun-plain': CLASSES.crunPlain, 'crun-wasm': CLASSES.crunWasm };
  return [
    ...Object.entries(optional).flatMap(([handler, name]) =>
      handlers.includes(handler) ? [runtimeClass(name, handler)] : [],
    ),
    runtimeClass(CLASSES.selecting, 'wasmtime', {
      nodeSelector: { 'kubernetes.io/hostname': NODE_NAME },
      overhead: { memory: '24Mi' },
    }),
    runtimeClass(CLASSES.absent, 'wasmer'),
    runtimeClass(CLASSES.spin, 'spin'),
    runtimeClass(CLASSES.partly, 'wamr'),
    runtimeClass(CLASSES.tainted, 'wasmedge', { nodeSelector: { 'kubernetes.io/hostname': OTHER_NODE } }),
  ];
}

/** A node that no kubelet is behind: its taint keeps away all Pods that do not ask for it. */
export function otherNode(): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: OTHER_NODE,
      labels: {
        'kubernetes.io/hostname': OTHER_NODE,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
      },
    },
    spec: { taints: [ELSEWHERE] },
  };
}

/** What a kubelet would report. */
export function otherNodeStatus(): object {
  const resources = { cpu: '2', memory: '4Gi', pods: '0' };
  return {
    capacity: resources,
    allocatable: resources,
    nodeInfo: {
      operatingSystem: 'linux',
      architecture: 'amd64',
      containerRuntimeVersion: 'containerd://2.2.9',
    },
    runtimeHandlers: ['', 'runc', 'wamr', 'wasmedge'].map((name) => ({ name })),
  };
}

export const LIMIT_RANGE = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'small' },
  spec: { limits: [{ type: 'Container', max: { memory: '32Mi' } }] },
} as const;
