import { apply, type Kubectl, must } from '../kubernetes/kubectl.ts';
import { CONFIGURATION_KINDS, setClientConfig } from './set-client-config.ts';

/**
 * Leads the Service of wasmgate to a port of this machine. The API server of the tests has no cluster network, so the Service
 * stands for a host name; certificate and caBundle are still held against the Service's own name.
 */
export async function leadServiceTo(kubectl: Kubectl, port: number): Promise<void> {
  await must(kubectl(['delete', 'service/wasmgate', '-n', 'wasmgate-system']));
  const metadata = { name: 'wasmgate', namespace: 'wasmgate-system' };
  const spec = { type: 'ExternalName', externalName: 'localhost' };
  await must(apply(kubectl, [{ apiVersion: 'v1', kind: 'Service', metadata, spec }]));
  for (const kind of CONFIGURATION_KINDS)
    await setClientConfig(kubectl, kind, { field: 'service/port', value: port });
}
