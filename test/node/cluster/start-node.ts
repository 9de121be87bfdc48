import { mkdir, rm } from 'node:fs/promises';
import { pushNodeImages } from '../images/push-node-images.ts';
import type { NodePrograms } from '../programs/find-node-programs.ts';
import { nodeRuntimes, startContainerd, waitForContainerd } from './containerd.ts';
import { nodeKubectl, startApiServer, startControllers } from './control-plane.ts';
import { startKubelet, waitForNodeReady } from './kubelet.ts';
import { createNetwork } from './network.ts';
import { writeNodeCertificates } from './node-certificates.ts';
import { LOG_FOLDER, REGISTRY } from './node-settings.ts';
import { step } from './progress.ts';
import type { RunningNode } from './real-node.ts';
import { startForwarder, startRegistry } from './registry.ts';
import { applyRuntimeClasses, deployWasmgate, pushWasmgateImage } from './wasmgate-deployment.ts';

/** Programs of the test bed, which are those of the tests on real servers. */
export const SERVER_PROGRAMS = [
  'crane',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
  'registry',
] as const;

/** The processes of a complete node, by the names that they are started under. */
export const SERVERS = [
  'containerd',
  'etcd',
  'forwarder',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'registry',
] as const;

export interface AllPrograms {
  readonly node: NodePrograms;
  readonly servers: Readonly<Record<(typeof SERVER_PROGRAMS)[number], string>>;
}

/** Starts a node without wasmgate on a machine that has none. Its RuntimeClasses and all images are there. */
export async function startNode(programs: AllPrograms): Promise<RunningNode> {
  await rm(LOG_FOLDER, { recursive: true, force: true });
  await mkdir(LOG_FOLDER, { recursive: true });
  const { node, servers } = programs;
  const kubectl = nodeKubectl(servers.kubectl);
  const runtimes = await nodeRuntimes(node);
  const handlers = Object.keys(runtimes);
  const certificates = await writeNodeCertificates();
  await createNetwork();
  const controlPlane = { ...servers, ...node };
  await startApiServer(controlPlane, certificates);
  startForwarder();
  await startContainerd(node, runtimes);
  await Promise.all([
    step('pushed the images of the suite', async () => {
      await startRegistry(servers.registry);
      await pushNodeImages(REGISTRY, node);
    }),
    step('started the control plane', () => startControllers(kubectl, controlPlane, certificates)),
    step('started containerd', waitForContainerd),
  ]);
  await applyRuntimeClasses(kubectl, handlers);
  await step('started the kubelet: the node is Ready', async () => {
    await startKubelet(node.kubelet, certificates);
    await waitForNodeReady(kubectl);
  });
  return { handlers, programs: node, kubectl: servers.kubectl };
}

/**
 * Installs the image of a layout as wasmgate, or replaces what is installed; resolves when its Pods are Ready. Returns the image's
 * digest.
 */
export async function installWasmgate({ servers }: AllPrograms, layout: string): Promise<string> {
  const digest = await pushWasmgateImage(servers.crane, layout);
  await deployWasmgate(nodeKubectl(servers.kubectl), digest);
  return digest;
}
