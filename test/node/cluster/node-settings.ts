import { join } from 'node:path';

/** Fixed, so that the next run finds what a killed one left behind. A machine has one such node at a time. */
export const STATE_FOLDER = '/var/lib/wasmgate-node';
export const STATE_FILE = join(STATE_FOLDER, 'node.json');
export const LOG_FOLDER = join(STATE_FOLDER, 'log');
export const CONTAINERD_SOCKET = join(STATE_FOLDER, 'containerd.sock');

export const NODE_NAME = 'wasmgate-node';

/** The cgroup that holds all Pods of the node, below each controller or in the unified hierarchy. */
export const POD_CGROUP = 'wasmgate-node';

/**
 * Addresses on bridges that belong to the node alone. 198.18.0.0/15 is for tests of networks (RFC 2544), so no other network of
 * the machine uses it.
 */
export const NETWORK = {
  nodeBridge: 'wgnode0',
  nodeAddress: '198.18.77.1',
  podBridge: 'wgpods0',
  podRange: '198.18.78.0/24',
  /** The gateway of Pods. */
  podGateway: '198.18.78.1',
  /**
   * Its hardware address, of the range for local use. A bridge without one of its own takes the lowest of its ports, which changes
   * as Pods come and go, while Pods send to the old one until they ask again.
   */
  podGatewayHardware: '02:00:c6:12:4e:01',
  serviceRange: '198.18.79.0/24',
  /** The Service "kubernetes": the first address of the range. */
  apiServerService: '198.18.79.1',
} as const;

/** From 32000 on, other tests take no ports; from 32768 on, the kernel gives them to clients. */
export const PORTS = { etcd: 32_379, etcdPeer: 32_380, apiServer: 32_443, registry: 32_500 } as const;

/** The registry under the name that images have on the node. To containerd, loopback means plain HTTP. */
export const REGISTRY = `127.0.0.1:${PORTS.registry}`;

/** The same registry where Pods reach it. */
export const REGISTRY_FOR_PODS = `${NETWORK.podGateway}:${PORTS.registry}`;

/** The sandbox of every Pod. */
export const PAUSE_IMAGE = `${REGISTRY}/node/pause:1`;

/**
 * Registries that a test may start, with logins or with delays, at addresses that are the same to the node and to Pods.
 * containerd and wasmgate use plain HTTP with them.
 */
export const EXTRA_REGISTRIES: readonly string[] = [1, 2, 3, 4].map(
  (index) => `${NETWORK.podGateway}:${PORTS.registry + index}`,
);
