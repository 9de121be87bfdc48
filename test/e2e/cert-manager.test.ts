import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateServingCertificate, serviceNames } from '../../src/certs/serving-certificate.ts';
import { mountSecret } from '../support/certs/mounted-secret.ts';
import { customResources } from '../support/e2e/custom-resources.ts';
import { writeOverlay } from '../support/e2e/install.ts';
import { leadServiceTo } from '../support/e2e/lead-service.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { CONFIGURATION_KINDS, setCaBundle } from '../support/e2e/set-client-config.ts';
import { certificateAt } from '../support/e2e/trust-watch.ts';
import { startWasmgate, type WasmgateProgram } from '../support/e2e/wasmgate-program.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { namespace, pod } from '../support/kubernetes/objects.ts';
import { readLogTail, waitFor } from '../support/lib/processes.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
const resources = await customResources('cert-manager');
const missing = servers.missing || resources.missing;
const NAMESPACE = 'wasmgate-system';

/** The tests do what cert-manager and the kubelet do: the first writes Secret and `caBundle`, the second mounts the Secret. */
describe.skipIf(missing)(`components/cert-manager${servers.note}${resources.note}`, () => {
  let kubernetes: KubernetesServer;
  let authority: Awaited<ReturnType<typeof generateServingCertificate>>;
  let wasmgate: WasmgateProgram;
  const mounted = (): string => join(kubernetes.folder, 'mounted');

  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
    await resources.install(kubernetes.kubectl);
    await using overlay = await writeOverlay(['cert-manager']);
    const args = ['apply', '-k', overlay.folder, '--server-side', '--validate=strict'];
    await must(kubernetes.kubectl(args));

    authority = await generateServingCertificate(serviceNames('wasmgate', NAMESPACE));
    await mount(authority);
    await setCaBundle(kubernetes.kubectl, authority.caCert);
    const certificates = { mounted: mounted() };
    wasmgate = await startWasmgate(kubernetes, { name: 'wasmgate', certificates, configuration: {} });
  });
  afterAll(async () => {
    await wasmgate?.process.stop();
    await kubernetes?.stop();
  });

  function mount({ cert, key, caCert }: { cert: string; key: string; caCert: string }): Promise<void> {
    return mountSecret(mounted(), { 'tls.crt': cert, 'tls.key': key, 'ca.crt': caCert });
  }

  test('cert-manager is asked for a CA, and for a certificate by it for the Service', async () => {
    const { items } = await getJson<{ items: readonly { spec: Readonly<Record<string, unknown>> }[] }>(
      kubernetes.kubectl,
      ['certificates.cert-manager.io', '-n', NAMESPACE],
    );
    expect(items.map(({ spec }) => spec)).toMatchObject([
      { isCA: true, secretName: 'wasmgate-ca', issuerRef: { name: 'wasmgate-self-signed' } },
      { dnsNames: serviceNames('wasmgate', NAMESPACE), issuerRef: { name: 'wasmgate-ca' } },
    ]);
  });

  test.each([
    ['update secrets/wasmgate-certificates', NAMESPACE],
    ['update secrets/wasmgate-serving-certificate', NAMESPACE],
    ['create secrets', NAMESPACE],
    ['get mutatingwebhookconfigurations.admissionregistration.k8s.io/wasmgate', ''],
    ['patch mutatingwebhookconfigurations.admissionregistration.k8s.io/wasmgate', ''],
    ['patch validatingwebhookconfigurations.admissionregistration.k8s.io/wasmgate', ''],
  ])('wasmgate may not %s', async (question, scope) => {
    const as = `--as=system:serviceaccount:${NAMESPACE}:wasmgate`;
    const where = scope === '' ? [] : ['-n', scope];
    const asked = ['auth', 'can-i', ...question.split(' '), as, ...where];
    expect((await kubernetes.kubectl(asked)).stdout.trim()).toBe('no');
  });

  test('wasmgate writes neither certificates nor caBundle, and logs nothing against it', async () => {
    const { items } = await getJson<{ items: readonly { metadata: { name: string } }[] }>(
      kubernetes.kubectl,
      ['secrets', '-n', NAMESPACE],
    );
    // The component removes the Secret of certificates; that of images stays.
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['wasmgate-images']);
    for (const kind of CONFIGURATION_KINDS) {
      const path = '-o=jsonpath={.webhooks[*].clientConfig.caBundle}';
      const bundles = (await must(kubernetes.kubectl(['get', kind, 'wasmgate', path]))).split(' ');
      expect(new Set(bundles)).toEqual(new Set([Buffer.from(authority.caCert).toString('base64')]));
    }
    const log = await readLogTail(wasmgate.process.logFile);
    expect(log).toContain('"level":"info"');
    expect(log).not.toMatch(/forbidden|"level":"(?:warn|error)"/);
  });

  test('the API server trusts the mounted certificate, and the one that the kubelet mounts next', async () => {
    await leadServiceTo(kubernetes.kubectl, wasmgate.port);
    await must(apply(kubernetes.kubectl, [namespace('team', { 'wasmgate.dev/mode': 'no-mode' })]));
    await untilWasmgateAnswers(true);

    const next = await generateServingCertificate(serviceNames('wasmgate', NAMESPACE));
    await mount(next);
    const { fingerprint256 } = new X509Certificate(next.cert);
    await waitFor(async () => (await certificateAt(wasmgate.port)).fingerprint256 === fingerprint256, {
      what: 'the next certificate',
      seconds: 60,
    });
    // Without this, the API server would go on with the connection that it has.
    const { caCert } = await generateServingCertificate([]);
    await setCaBundle(kubernetes.kubectl, caCert);
    await untilWasmgateAnswers(false);
    await setCaBundle(kubernetes.kubectl, next.caCert);
    await untilWasmgateAnswers(true);
  });

  /** Only wasmgate warns about a label with an invalid mode. */
  async function untilWasmgateAnswers(expected: boolean): Promise<void> {
    const stdin = JSON.stringify(pod('probe', 'team'));
    await waitFor(
      async () => {
        const { stderr } = await kubernetes.kubectl(['create', '--dry-run=server', '-f', '-'], { stdin });
        const warning = 'Warning: wasmgate: namespace label wasmgate.dev/mode: "no-mode"';
        return stderr.includes(warning) === expected;
      },
      { what: expected ? 'an answer by wasmgate' : 'no answer by wasmgate', seconds: 120 },
    );
  }
});
