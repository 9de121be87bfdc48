import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CertificateReport } from '../../src/certs/certificate-report.ts';
import { generateServingCertificate, serviceNames } from '../../src/certs/serving-certificate.ts';
import { issue } from '../support/certs/issue.ts';
import { customResources } from '../support/e2e/custom-resources.ts';
import { MANIFESTS, writeOverlay } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { CONFIGURATION_KINDS, setCaBundle } from '../support/e2e/set-client-config.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { run } from '../support/lib/processes.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
const resources = await customResources('cert-manager');
const missing = servers.missing || resources.missing;
const NAMESPACE = 'wasmgate-system';
const [MUTATING, VALIDATING] = CONFIGURATION_KINDS;
const WEBHOOKS = ['mutate.wasmgate.dev', 'validate.wasmgate.dev', 'validate-templates.wasmgate.dev'];

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe.skipIf(missing)(`wasmgate certs show${servers.note}${resources.note}`, () => {
  let kubernetes: KubernetesServer;
  let own: Awaited<ReturnType<typeof generateServingCertificate>>;
  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
    await resources.install(kubernetes.kubectl);
    own = await generateServingCertificate(serviceNames('wasmgate', NAMESPACE));
  });
  afterAll(() => kubernetes?.stop());
  const authority = (): string => new X509Certificate(own.caCert).subject;

  beforeEach(async () => {
    await must(kubernetes.kubectl(['apply', '-k', join(MANIFESTS, 'base'), '--server-side']));
    await writeSecret('wasmgate-certificates', {
      'tls.crt': own.cert,
      'tls.key': own.key,
      'ca.crt': own.caCert,
    });
    await setCaBundle(kubernetes.kubectl, own.caCert);
  });

  async function writeSecret(name: string, texts: Readonly<Record<string, string>>): Promise<void> {
    const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, base64(text)]));
    await must(kubernetes.kubectl(['delete', 'secret', name, '-n', NAMESPACE, '--ignore-not-found']));
    const metadata = { name, namespace: NAMESPACE };
    await must(apply(kubernetes.kubectl, [{ apiVersion: 'v1', kind: 'Secret', metadata, data }]));
  }

  function show(flags: readonly string[] = [], kubeconfig = kubernetes.kubeconfig) {
    const args = ['certs', 'show', '--kubeconfig', kubeconfig, ...flags];
    return run(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], COLUMNS: '100' } });
  }

  async function report(flags: readonly string[] = [], kubeconfig = kubernetes.kubeconfig) {
    const { code, stdout } = await show(['-o', 'json', ...flags], kubeconfig);
    return { code, stdout, ...(JSON.parse(stdout) as CertificateReport) };
  }

  test('an install in which all matches', async () => {
    const { code, stdout, certificates, webhooks, problems } = await report();
    expect({ code, problems }).toEqual({ code: 0, problems: [] });
    expect(certificates).toMatchObject([
      {
        role: 'serving',
        key: 'tls.crt',
        subject: 'CN=wasmgate',
        issuer: authority(),
        subjectAltNames: serviceNames('wasmgate', NAMESPACE).map((name) => `DNS:${name}`),
        inCaBundle: 'none',
      },
      { role: 'authority', key: 'ca.crt', subject: authority(), inCaBundle: 'all' },
    ]);
    expect(webhooks.map(({ name, matches }) => [name, matches])).toEqual(
      WEBHOOKS.map((name) => [name, true]),
    );
    expect(stdout).not.toContain('PRIVATE');
    const table = await show();
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toContain('  mutate.wasmgate.dev  trusts the serving certificate\n');
    expect(table.stdout).toMatch(/ days left\n/);
    expect(table.stdout).toContain('No problems.');
  });

  test('all CAs of an overlap, and one that only caBundle holds', async () => {
    const [former, next, foreign] = await Promise.all(
      ['former', 'next', 'foreign'].map((commonName) => issue({ commonName, isCa: true })),
    );
    const bundle = `${own.caCert}\n${former?.cert ?? ''}`;
    const pair = { 'tls.crt': own.cert, 'tls.key': own.key };
    await writeSecret('wasmgate-certificates', {
      ...pair,
      'ca.crt': bundle,
      'next-ca.crt': next?.cert ?? '',
    });
    await setCaBundle(kubernetes.kubectl, bundle + (next?.cert ?? ''), [MUTATING]);
    await setCaBundle(kubernetes.kubectl, bundle + (foreign?.cert ?? ''), [VALIDATING]);
    const { code, certificates } = await report();
    expect(code).toBe(0);
    expect(
      certificates.map(({ role, key, subject, inCaBundle }) => [role, key, subject, inCaBundle]),
    ).toEqual([
      ['serving', 'tls.crt', 'CN=wasmgate', 'none'],
      ['authority', 'ca.crt', authority(), 'all'],
      ['other-authority', 'ca.crt', 'CN=former', 'all'],
      ['next-authority', 'next-ca.crt', 'CN=next', 'some'],
      ['other-authority', 'caBundle', 'CN=foreign', 'some'],
    ]);
  });

  test('webhooks that do not trust it, one by one, and what to do', async () => {
    const { cert } = await issue({ commonName: 'foreign', isCa: true });
    await setCaBundle(kubernetes.kubectl, cert, [VALIDATING]);
    const { code, webhooks, problems } = await report();
    expect(code).toBe(1);
    expect(webhooks.map(({ matches }) => matches)).toEqual([true, false, false]);
    expect(webhooks[1]?.reason).toBe('no CA that is trusted has signed it');
    expect(problems).toMatchObject([
      { kind: 'failed', fix: expect.stringContaining('wasmgate writes caBundle') },
    ]);
    expect((await show()).stdout).toContain('does not match: no CA that is trusted has signed it');
  });

  test.each<[state: string, texts: () => Promise<Record<string, string>>, what: string]>([
    [
      'empty, as the manifests create it',
      async () => ({}),
      'secret "wasmgate-system/wasmgate-certificates" is empty',
    ],
    [
      'garbage',
      async () => ({ 'tls.crt': '\u001B[31mx', 'tls.key': 'x', 'ca.crt': 'x' }),
      'tls.crt: it holds no PEM certificate',
    ],
    ['an expired certificate', () => pairOf({ from: -3, to: -2 }), 'tls.crt: it expired at 20'],
    [
      'the key of another',
      async () => ({ ...(await pairOf({})), 'tls.key': own.key }),
      'tls.key is not the key of tls.crt',
    ],
  ])('a Secret that holds %s', async (_state, texts, what) => {
    await writeSecret('wasmgate-certificates', await texts());
    const { code, problems } = await report();
    expect(code).toBe(1);
    expect(problems[0]).toMatchObject({ kind: 'failed', what: expect.stringContaining(what) });
    expect((await show()).stdout).not.toContain('\u001B');
  });

  async function pairOf(validity: { from?: number; to?: number }) {
    const names = serviceNames('wasmgate', NAMESPACE);
    const { cert, key } = await issue({ commonName: 'x', names, ...validity });
    return { 'tls.crt': cert, 'tls.key': key };
  }

  test('a Secret and a configuration that do not exist', async () => {
    await must(kubernetes.kubectl(['delete', 'secret', 'wasmgate-certificates', '-n', NAMESPACE]));
    await must(kubernetes.kubectl(['delete', VALIDATING, 'wasmgate']));
    const { code, problems } = await report();
    expect(code).toBe(1);
    expect(problems.map(({ what }) => what)).toEqual([
      'validatingwebhookconfiguration/wasmgate does not exist, so the API server does not call wasmgate',
      'secret "wasmgate-system/wasmgate-certificates" does not exist',
    ]);
  });

  test('what a user may not read leaves the result undecided, and the rest is shown', async () => {
    const rules = [
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: CONFIGURATION_KINDS.map((kind) => `${kind}s`),
        verbs: ['get'],
      },
    ];
    const rbac = 'rbac.authorization.k8s.io';
    const metadata = { name: 'reader' };
    const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }];
    const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: 'reader' };
    await must(
      apply(kubernetes.kubectl, [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'default' } },
        { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules },
        { apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata, roleRef, subjects },
      ]),
    );
    const token = await must(kubernetes.kubectl(['create', 'token', 'default', '-n', 'default']));
    const kubeconfig = await kubernetes.writeKubeconfig(token.trim());
    const { code, certificates, webhooks, problems } = await report([], kubeconfig);
    expect(code).toBe(3);
    expect(certificates).toMatchObject([{ role: 'other-authority', key: 'caBundle', subject: authority() }]);
    expect(webhooks.map(({ matches }) => matches)).toEqual([null, null, null]);
    expect(problems).toMatchObject([{ kind: 'unknown', what: expect.stringContaining('forbidden') }]);
  });

  test('the Secret that cert-manager’s Certificate names, or the one that --secret names', async () => {
    await using overlay = await writeOverlay(['cert-manager']);
    await must(kubernetes.kubectl(['apply', '-k', overlay.folder, '--server-side']));
    const absent = await report();
    expect(absent.source).toEqual({ kind: 'secret', name: `${NAMESPACE}/wasmgate-serving-certificate` });
    expect(absent.problems[0]?.fix).toContain('describe certificate wasmgate-serving-certificate');

    const patch = ['--type=merge', '-p={"spec":{"secretName":"renamed"}}'];
    const certificate = ['certificates.cert-manager.io', 'wasmgate-serving-certificate', '-n', NAMESPACE];
    await must(kubernetes.kubectl(['patch', ...certificate, ...patch]));
    await writeSecret('renamed', { 'tls.crt': own.cert, 'tls.key': own.key, 'ca.crt': own.caCert });
    expect(await report()).toMatchObject({ code: 0, source: { name: `${NAMESPACE}/renamed` } });
    const named = await report(['--secret', 'wasmgate-certificates']);
    expect(named).toMatchObject({ code: 0, source: { name: `${NAMESPACE}/wasmgate-certificates` } });
  });
});
