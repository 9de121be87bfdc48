import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MANIFESTS } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { startWasmgate, type WasmgateProgram } from '../support/e2e/wasmgate-program.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { namespace, pod } from '../support/kubernetes/objects.ts';
import { waitFor } from '../support/lib/processes.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
const KINDS = ['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'] as const;

interface Configuration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

describe.skipIf(servers.missing)(`certificates kept in the cluster${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let replicas: readonly WasmgateProgram[];
  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
    await must(kubernetes.kubectl(['apply', '-k', join(MANIFESTS, 'base'), '--server-side']));
    // Both at once, as in a Deployment.
    replicas = await Promise.all(
      ['replica-1', 'replica-2'].map((name) =>
        startWasmgate(kubernetes, { name, certificates: 'cluster', configuration: {} }),
      ),
    );
  });
  afterAll(async () => {
    await Promise.all((replicas ?? []).map(({ process }) => process.stop()));
    await kubernetes?.stop();
  });

  test('replicas share one certificate, issued for the Service', async () => {
    const [first, second] = await Promise.all(replicas.map(({ port }) => certificateAt(port)));
    expect(second?.fingerprint256).toBe(first?.fingerprint256);
    expect(first?.checkHost('wasmgate.wasmgate-system.svc')).toBe('wasmgate.wasmgate-system.svc');
  });

  test('every webhook of both configurations has its CA', async () => {
    await caIsInPlace();
  });

  test('the API server trusts it and reaches wasmgate by the name of the Service', async () => {
    await leadServiceTo(replicas[0]?.port ?? 0);
    await must(apply(kubernetes.kubectl, [namespace('team', { 'wasmgate.dev/mode': 'no-mode' })]));
    const probe = JSON.stringify(pod('probe', 'team'));
    const args = ['create', '--dry-run=server', '-f', '-'];
    // Only wasmgate warns about a label with an invalid mode.
    const warned = await waitFor(
      async () => {
        const { stderr } = await kubernetes.kubectl(args, { stdin: probe });
        return stderr.includes('wasmgate') && stderr;
      },
      { what: 'an answer by wasmgate', seconds: 120 },
    );
    expect(warned).toContain('Warning: wasmgate: namespace label wasmgate.dev/mode: "no-mode"');
  });

  test('running replicas adopt the certificate that a new replica issued after the Secret was deleted', async () => {
    await must(kubernetes.kubectl(['delete', 'secret', 'wasmgate-certificates', '-n', 'wasmgate-system']));
    const options = { name: 'replica-3', certificates: 'cluster', configuration: {} } as const;
    await using third = await startWasmgate(kubernetes, options);
    const { fingerprint256 } = await certificateAt(third.port);
    for (const { port } of replicas) {
      await waitFor(async () => (await certificateAt(port)).fingerprint256 === fingerprint256, {
        what: 'the new certificate',
        seconds: 120,
      });
    }
    await caIsInPlace();
  }, 300_000);

  async function caIsInPlace(): Promise<void> {
    const get = ['secret', 'wasmgate-certificates', '-n', 'wasmgate-system'];
    const secret = await getJson<{ data: Record<string, string> }>(kubernetes.kubectl, get);
    for (const kind of KINDS) {
      await waitFor(
        async () => {
          const { webhooks } = await getJson<Configuration>(kubernetes.kubectl, [kind, 'wasmgate']);
          return webhooks.every(({ clientConfig }) => clientConfig.caBundle === secret.data['ca.crt']);
        },
        { what: `the CA of the Secret in ${kind}`, seconds: 120 },
      );
    }
  }

  /**
   * The API server of the tests has no cluster network: a Service that stands for a host name leads to this machine, while
   * certificate and caBundle are still held against the Service's own name.
   */
  async function leadServiceTo(port: number): Promise<void> {
    const name = 'service/wasmgate';
    const inSystem = ['-n', 'wasmgate-system'];
    await must(kubernetes.kubectl(['delete', name, ...inSystem]));
    const metadata = { name: 'wasmgate', namespace: 'wasmgate-system' };
    const spec = { type: 'ExternalName', externalName: 'localhost' };
    await must(apply(kubernetes.kubectl, [{ apiVersion: 'v1', kind: 'Service', metadata, spec }]));
    const path = '/webhooks/0/clientConfig/service/port';
    const patch = JSON.stringify([{ op: 'replace', path, value: port }]);
    for (const kind of KINDS) {
      await must(kubernetes.kubectl(['patch', kind, 'wasmgate', '--type=json', `-p=${patch}`]));
    }
  }
});

async function certificateAt(port: number): Promise<X509Certificate> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw);
}
