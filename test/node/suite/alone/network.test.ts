import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { NETWORK } from '../../cluster/node-settings.ts';

// The other tests have made Pods come and go.
test('the gateway of Pods keeps the hardware address that they know', async () => {
  const address = await readFile(`/sys/class/net/${NETWORK.podBridge}/address`, 'utf8');
  expect(address.trim()).toBe(NETWORK.podGatewayHardware);
});
