import type { AssessPod } from '../../assess/assessment.ts';
import type { JsonObject } from '../../lib/json.ts';
import type { ClusterView } from '../../policy/facts.ts';

/** The demo's cluster as the API server returns it, without the RuntimeClasses, which come from the manifests. */
export interface DemoCluster {
  readonly nodes: readonly JsonObject[];
  readonly namespaces: readonly JsonObject[];
  /** The keys of `policy` that differ from the defaults, in YAML's flow style. */
  readonly policy: string;
}

/** The real webhook for that cluster, and its use case. */
export interface DemoWebhook {
  /** `https://127.0.0.1:…` */
  readonly url: string;
  /** PEM, as in `caBundle`. */
  readonly caCert: string;
  readonly view: ClusterView;
  readonly assess: AssessPod;
  readonly close: () => Promise<void>;
}

interface NodeTraits {
  readonly runtime: string;
  readonly handlers: readonly string[];
  readonly labels?: JsonObject;
  readonly taints?: readonly JsonObject[];
}

function node(name: string, { runtime, handlers, labels = {}, taints = [] }: NodeTraits): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { taints },
    status: {
      capacity: { cpu: '4', memory: '16Gi', pods: '110' },
      nodeInfo: { architecture: 'amd64', operatingSystem: 'linux', containerRuntimeVersion: runtime },
      runtimeHandlers: ['', ...handlers].map((handler) => ({ name: handler })),
    },
  };
}

export const AUDITED_NAMESPACE = 'trial';

export const DEMO_CLUSTER: DemoCluster = {
  nodes: [
    node('control-plane-1', {
      runtime: 'containerd://2.3.7',
      handlers: ['runc'],
      taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    }),
    node('wasm-1', {
      runtime: 'cri-o://1.34.0',
      handlers: ['runc', 'crun'],
      labels: { 'wasm-runtime': 'enabled' },
      taints: [{ key: 'wasm-workload', value: 'true', effect: 'NoSchedule' }],
    }),
    node('wasm-2', { runtime: 'containerd://2.2.9', handlers: ['runc', 'wasmtime', 'spin'] }),
  ],
  namespaces: [
    { kind: 'Namespace', metadata: { name: 'default', labels: {} } },
    { kind: 'Namespace', metadata: { name: AUDITED_NAMESPACE, labels: { 'wasmgate.dev/mode': 'audit' } } },
  ],
  /** Prefers crun, as many production clusters do; images that crun cannot run get another class. */
  policy: '{preferRuntimeClasses: [crun-wasm]}',
};
