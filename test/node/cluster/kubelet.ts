import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getJson, type Kubectl } from '../../support/kubernetes/kubectl.ts';
import { createPodCgroup, hasUnifiedCgroups } from './cgroups.ts';
import { KUBECONFIG } from './control-plane.ts';
import type { NodeCertificates } from './node-certificates.ts';
import { findNodeProcesses, startNodeServer, waitForNode } from './node-processes.ts';
import { CONTAINERD_SOCKET, NETWORK, NODE_NAME, POD_CGROUP, STATE_FOLDER } from './node-settings.ts';

const CONFIGURATION = join(STATE_FOLDER, 'kubelet.json');
const READY_SECONDS = 120;

/** Starts the kubelet in containerd's mount namespace; containerd must be ready. */
export async function startKubelet(kubelet: string, certificates: NodeCertificates): Promise<void> {
  await createPodCgroup();
  await mkdir(join(STATE_FOLDER, 'pod-logs'), { recursive: true });
  await writeFile(CONFIGURATION, JSON.stringify(configuration(certificates)));
  const containerd = (await findNodeProcesses()).find(({ server }) => server === 'containerd');
  if (containerd === undefined) throw new Error('Cannot start the kubelet: containerd has ended');
  startNodeServer('kubelet', [
    'nsenter',
    '--target',
    String(containerd.pid),
    '--mount',
    kubelet,
    `--config=${CONFIGURATION}`,
    `--kubeconfig=${KUBECONFIG}`,
    `--root-dir=${join(STATE_FOLDER, 'kubelet')}`,
    `--cert-dir=${join(STATE_FOLDER, 'kubelet-certificates')}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${NETWORK.nodeAddress}`,
    // As manifests/runtime-classes select nodes for crun.
    '--node-labels=wasm-runtime=enabled',
  ]);
}

/** Resolves when the node takes Pods. */
export async function waitForNodeReady(kubectl: Kubectl): Promise<void> {
  await waitForNode(() => isNodeReady(kubectl), {
    what: 'the node to be Ready',
    seconds: READY_SECONDS,
    servers: ['kubelet', 'containerd', 'kube-apiserver', 'forwarder'],
  });
}

export async function isNodeReady(kubectl: Kubectl): Promise<boolean> {
  interface Node {
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }
  const node = await getJson<Node>(kubectl, ['node', NODE_NAME]).catch(() => null);
  return node?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

function configuration({ ca, kubelet }: NodeCertificates): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: NETWORK.nodeAddress,
    healthzPort: 0,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: false },
      x509: { clientCAFile: ca },
    },
    authorization: { mode: 'AlwaysAllow' },
    tlsCertFile: kubelet.cert,
    tlsPrivateKeyFile: kubelet.key,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    podLogsDir: join(STATE_FOLDER, 'pod-logs'),
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${POD_CGROUP}`,
    // Since Kubernetes 1.35, the kubelet rejects version 1 by default.
    ...(hasUnifiedCgroups() ? {} : { failCgroupV1: false }),
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // Negative scores, the default, need CAP_SYS_RESOURCE.
    oomScoreAdj: 0,
    makeIPTablesUtilChains: false,
    // No server answers there. Without an address, each Pod would get a warning Event.
    clusterDNS: [NETWORK.nodeAddress],
    resolvConf: '',
    // Tests start many Pods at once.
    registryPullQPS: 0,
    serializeImagePulls: false,
    maxPods: 200,
    syncFrequency: '10s',
    // A developer's disk may be nearly full.
    evictionHard: {
      'memory.available': '50Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
    imageGCHighThresholdPercent: 99,
    imageGCLowThresholdPercent: 98,
  };
}
