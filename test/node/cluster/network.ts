import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from '../../support/lib/processes.ts';
import { NETWORK, STATE_FOLDER } from './node-settings.ts';

/** containerd reads the network of Pods from here. */
export const CNI_FOLDER = join(STATE_FOLDER, 'cni');

const BRIDGES = [NETWORK.nodeBridge, NETWORK.podBridge] as const;

/**
 * Adds a bridge for the node's own addresses, which must not be loopback, and one for Pods. Pods reach the first by their gateway;
 * nothing is routed outside of the machine.
 */
export async function createNetwork(): Promise<void> {
  await removeNetwork();
  for (const bridge of BRIDGES) await must('ip', ['link', 'add', bridge, 'type', 'bridge']);
  const own = [NETWORK.nodeAddress, NETWORK.apiServerService];
  await must('ip', ['link', 'set', NETWORK.podBridge, 'address', NETWORK.podGatewayHardware]);
  for (const address of own) {
    await must('ip', ['address', 'add', `${address}/32`, 'dev', NETWORK.nodeBridge]);
  }
  const [, prefix] = NETWORK.podRange.split('/');
  await must('ip', ['address', 'add', `${NETWORK.podGateway}/${prefix}`, 'dev', NETWORK.podBridge]);
  for (const bridge of BRIDGES) await must('ip', ['link', 'set', bridge, 'up']);
  await mkdir(CNI_FOLDER, { recursive: true });
  await writeFile(join(CNI_FOLDER, '10-pods.conflist'), JSON.stringify(podNetwork()));
}

function podNetwork(): object {
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: NETWORK.podBridge,
        isGateway: true,
        ipMasq: false,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: NETWORK.podRange, gateway: NETWORK.podGateway }]],
          routes: [{ dst: '0.0.0.0/0' }],
          dataDir: join(STATE_FOLDER, 'cni-addresses'),
        },
      },
    ],
  };
}

/** Lists the bridges that are there. */
export function findBridges(): readonly string[] {
  return BRIDGES.filter((bridge) => existsSync(join('/sys/class/net', bridge)));
}

/** Deletes the bridges, if they are there. */
export async function removeNetwork(): Promise<void> {
  for (const bridge of findBridges()) await must('ip', ['link', 'delete', bridge]);
}
