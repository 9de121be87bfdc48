import { apply, getJson, type Kubectl, must } from '../kubernetes/kubectl.ts';

interface Configuration {
  readonly webhooks: readonly object[];
}

/**
 * Leads the Service of wasmgate to a port of this machine. The API server of the tests has no cluster network, so the Service
 * stands for a host name; certificate and caBundle are still held against the Service's own name.
 */
export async function leadServiceTo(kubectl: Kubectl, port: number): Promise<void> {
  await must(kubectl(['delete', 'service/wasmgate', '-n', 'wasmgate-system']));
  const metadata = { name: 'wasmgate', namespace: 'wasmgate-system' };
  const spec = { type: 'ExternalName', externalName: 'localhost' };
  await must(apply(kubectl, [{ apiVersion: 'v1', kind: 'Service', metadata, spec }]));
  for (const kind of ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration']) {
    const { webhooks } = await getJson<Configuration>(kubectl, [kind, 'wasmgate']);
    const patch = webhooks.map((_, index) => {
      const path = `/webhooks/${index}/clientConfig/service/port`;
      return { op: 'add', path, value: port };
    });
    await must(kubectl(['patch', kind, 'wasmgate', '--type=json', `-p=${JSON.stringify(patch)}`]));
  }
}
