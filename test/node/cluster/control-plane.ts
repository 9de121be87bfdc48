import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKubectl, kubeconfigText, type Kubectl } from '../../support/kubernetes/kubectl.ts';
import type { NodeCertificates } from './node-certificates.ts';
import { startNodeServer, waitForNode } from './node-processes.ts';
import { NETWORK, PORTS, STATE_FOLDER } from './node-settings.ts';

export interface ControlPlanePrograms {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager': string;
  readonly 'kube-scheduler': string;
}

/** A control plane on two cores starts in 5 s, and in a minute beside a build. */
const READY_SECONDS = 180;

export const KUBECONFIG = join(STATE_FOLDER, 'kubeconfig');
const TOKENS = join(STATE_FOLDER, 'tokens.csv');
const API_SERVER = `https://127.0.0.1:${PORTS.apiServer}`;
const ETCD = `http://127.0.0.1:${PORTS.etcd}`;

/** Controllers that run workloads, and those that the Service, its endpoints and the node's taints depend on. */
const CONTROLLERS = [
  'cronjob',
  'daemonset',
  'deployment',
  'disruption',
  'endpointslice',
  'garbagecollector',
  'job',
  'namespace',
  'nodelifecycle',
  'podgc',
  'replicaset',
  'resourcequota',
  'root-ca-certificate-publisher-controller',
  'serviceaccount',
  'serviceaccount-token',
  'statefulset',
] as const;

/** Starts etcd and the API server, and writes the administrator's kubeconfig. */
export async function startApiServer(
  programs: ControlPlanePrograms,
  certificates: NodeCertificates,
): Promise<void> {
  const token = randomUUID();
  await writeFile(TOKENS, `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  const kubeconfig = kubeconfigText({ server: API_SERVER, certificateAuthority: certificates.ca, token });
  await writeFile(KUBECONFIG, kubeconfig, { mode: 0o600 });
  startNodeServer('etcd', [
    programs.etcd,
    `--data-dir=${join(STATE_FOLDER, 'etcd')}`,
    `--listen-client-urls=${ETCD}`,
    `--advertise-client-urls=${ETCD}`,
    `--listen-peer-urls=http://127.0.0.1:${PORTS.etcdPeer}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ]);
  startNodeServer('kube-apiserver', [programs['kube-apiserver'], ...apiServerFlags(certificates)]);
}

function apiServerFlags(certificates: NodeCertificates): readonly string[] {
  const { apiServer, apiServerToKubelet, ca, accountKey, accountPublicKey } = certificates;
  return [
    `--etcd-servers=${ETCD}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${PORTS.apiServer}`,
    // A port that is closing from an earlier run does not delay the start.
    '--permit-address-sharing=true',
    `--tls-cert-file=${apiServer.cert}`,
    `--tls-private-key-file=${apiServer.key}`,
    `--client-ca-file=${ca}`,
    `--token-auth-file=${TOKENS}`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${accountPublicKey}`,
    `--service-account-signing-key-file=${accountKey}`,
    `--service-cluster-ip-range=${NETWORK.serviceRange}`,
    // The forwarder is what stands behind the Service "kubernetes".
    '--endpoint-reconciler-type=none',
    // Without kube-proxy, the API server calls a webhook's Pods rather than its Service.
    '--enable-aggregator-routing=true',
    `--kubelet-certificate-authority=${ca}`,
    `--kubelet-client-certificate=${apiServerToKubelet.cert}`,
    `--kubelet-client-key=${apiServerToKubelet.key}`,
    '--kubelet-preferred-address-types=InternalIP',
  ];
}

/** Resolves when the API server is ready, having started the controllers and the scheduler. */
export async function startControllers(
  kubectl: Kubectl,
  programs: ControlPlanePrograms,
  certificates: NodeCertificates,
): Promise<void> {
  await waitForNode(async () => (await kubectl(['get', '--raw', '/readyz'])).code === 0, {
    what: 'the API server',
    seconds: READY_SECONDS,
    servers: ['etcd', 'kube-apiserver'],
  });
  startNodeServer('kube-controller-manager', [
    programs['kube-controller-manager'],
    `--kubeconfig=${KUBECONFIG}`,
    `--service-account-private-key-file=${certificates.accountKey}`,
    `--root-ca-file=${certificates.ca}`,
    `--controllers=${CONTROLLERS.join(',')}`,
    '--leader-elect=false',
    '--secure-port=0',
  ]);
  startNodeServer('kube-scheduler', [
    programs['kube-scheduler'],
    `--kubeconfig=${KUBECONFIG}`,
    '--leader-elect=false',
    '--secure-port=0',
  ]);
}

/** Runs kubectl as the administrator of the node. */
export function nodeKubectl(program: string): Kubectl {
  return createKubectl(program, KUBECONFIG);
}
