import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customResources } from '../support/e2e/custom-resources.ts';
import { CHART, createHelm, type Helm, renderChart } from '../support/e2e/helm.ts';
import { MANIFESTS } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { startWasmgate, type WasmgateProgram } from '../support/e2e/wasmgate-program.ts';
import { apply, getJson, type Kubectl, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { waitFor } from '../support/lib/processes.ts';

const servers = await realServers(['etcd', 'helm', 'kube-apiserver', 'kubectl']);
const certManager = await customResources('cert-manager');
const missing = servers.missing || certManager.missing;

/** What a user may set, all at once. */
const VALUES = {
  image: {
    repository: 'registry.example.com/wasmgate',
    digest: `sha256:${'0'.repeat(64)}`,
    pullPolicy: 'Always',
  },
  imagePullSecrets: [{ name: 'registry-account' }],
  replicas: 3,
  configuration: { policy: { mode: 'warn' }, registry: { caFile: '/etc/wasmgate/registry-ca.pem' } },
  files: { 'registry-ca.pem': '-----BEGIN CERTIFICATE-----\n' },
  env: [{ name: 'HTTPS_PROXY', value: 'http://proxy.internal:3128' }],
  volumes: [{ name: 'accounts', secret: { secretName: 'registry-accounts' } }],
  volumeMounts: [{ name: 'accounts', mountPath: '/etc/registry-accounts', readOnly: true }],
  resources: { limits: { memory: '512Mi' } },
  runAsUser: null,
  priorityClassName: 'system-node-critical',
  podLabels: { team: 'platform' },
  podAnnotations: { 'prometheus.io/scrape': 'false' },
  nodeSelector: { pool: 'system' },
  tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
  affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  pullSecrets: { clusterWide: false },
  auditReport: { enabled: true, schedule: '0 3 * * *', resources: { limits: { memory: '1Gi' } } },
  certManager: { enabled: true },
  highAvailability: { enabled: true },
  failClosed: { enabled: true },
  networkPolicy: { enabled: true, apiServers: ['192.0.2.1/32', '2001:db8::1/128'] },
} as const;

/** Kinds of objects that come without a user. */
const OWN_KINDS: ReadonlySet<string> = new Set([
  'namespaces',
  'events',
  'events.events.k8s.io',
  'leases.coordination.k8s.io',
]);

interface Secret {
  readonly metadata: { readonly uid: string };
  readonly type: string;
  readonly data?: Readonly<Record<string, string>>;
}

interface Configuration {
  readonly webhooks: readonly {
    readonly name: string;
    readonly clientConfig: { readonly caBundle?: string };
  }[];
}

/** What wasmgate wrote, and nobody else may change. */
interface Kept {
  readonly secret: Secret;
  readonly bundles: Readonly<Record<string, string>>;
}

describe.skipIf(missing)(`manifests/chart in a cluster${servers.note}${certManager.note}`, () => {
  let kubernetes: KubernetesServer;
  let kubectl: Kubectl;
  let helm: Helm;
  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl: program } = servers.paths;
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl: program });
    ({ kubectl } = kubernetes);
    helm = createHelm(servers.paths.helm, kubernetes);
    await certManager.install(kubectl);
  });
  afterAll(() => kubernetes?.stop());

  test.each([
    ['default', 'strict-1', {}],
    ['all', 'strict-2', VALUES],
  ])(
    'the API server accepts its objects with %s values without warnings',
    async (_all, namespace, values) => {
      await must(kubectl(['create', 'namespace', namespace]));
      const objects = await renderChart(helm, { values, namespace });
      const strict = ['--server-side', '--validate=strict', '--dry-run=server'];
      expect(await apply(kubectl, objects, strict)).toMatchObject({ code: 0, stderr: '' });
    },
  );

  describe.each([
    // As Helm 4 does by default, and in a namespace of another name.
    { namespace: 'edge', serverSide: 'true' },
    // A three-way merge, as Helm 3 does.
    { namespace: 'wasmgate-system', serverSide: 'false' },
  ])('in namespace $namespace, with --server-side=$serverSide', ({ namespace, serverSide }) => {
    const release = ['wasmgate', '--namespace', namespace];
    const inNamespace = ['--namespace', namespace];
    const changing = [...release, `--server-side=${serverSide}`];
    let before: readonly string[];
    let replica: WasmgateProgram;
    let kept: Kept;
    afterAll(() => replica?.process.stop());

    test('install brings what wasmgate needs to keep certificates', async () => {
      before = await everything();
      await must(helm(['install', ...changing, CHART, '--create-namespace']));
      replica = await startReplica('first');
      kept = await certificatesInPlace();
      const certificate = Buffer.from(kept.secret.data?.['tls.crt'] ?? '', 'base64');
      const name = `wasmgate.${namespace}.svc`;
      expect(new X509Certificate(certificate).checkHost(name)).toBe(name);
    });

    test('an upgrade of the configuration replaces no Pods', async () => {
      const generation = await read('deployment/wasmgate', '{.metadata.generation}');
      await must(helm(['upgrade', ...changing, CHART], { configuration: { policy: { mode: 'audit' } } }));
      expect(await read('configmap/wasmgate-configuration', '{.data}')).toContain('mode: audit');
      expect(await read('deployment/wasmgate', '{.metadata.generation}')).toBe(generation);
    });

    test('an upgrade leaves certificates and caBundle alone, and wasmgate completes a new webhook', async () => {
      await must(helm(['upgrade', ...changing, CHART], { failClosed: { enabled: true } }));
      const upgraded = { secret: await secret(), bundles: await bundles() };
      expect(upgraded).toMatchObject(kept);
      expect(Object.keys(upgraded.bundles)).toContain('validate-fail.wasmgate.dev');
      expect(await certificatesInPlace()).toMatchObject(kept);
    });

    test('a rollback takes the webhook away, and leaves the others alone', async () => {
      await must(helm(['rollback', ...changing]));
      expect({ secret: await secret(), bundles: await bundles() }).toEqual(kept);
    });

    test('a Secret that was deleted, and that wasmgate created again, belongs to the release as before', async () => {
      await must(kubectl(['delete', 'secret/wasmgate-certificates', ...inNamespace]));
      await using second = await startReplica('second');
      expect(second.process.hasExited()).toBe(false);
      const { metadata } = await secret();
      expect(metadata.uid).not.toBe(kept.secret.metadata.uid);
      await must(helm(['upgrade', ...changing, CHART], { replicas: 3 }));
      expect(await secret()).toMatchObject({ metadata: { uid: metadata.uid }, data: expect.anything() });
    });

    test('uninstall leaves nothing', async () => {
      await replica.process.stop();
      await must(helm(['uninstall', ...release]));
      expect(await everything()).toEqual(before);
    });

    function startReplica(name: string): Promise<WasmgateProgram> {
      const options = { configuration: {}, certificates: 'cluster', namespace } as const;
      return startWasmgate(kubernetes, { name: `${namespace}-${name}`, ...options });
    }

    function read(object: string, path: string): Promise<string> {
      return must(kubectl(['get', object, ...inNamespace, `-o=jsonpath=${path}`]));
    }

    async function secret(): Promise<Secret> {
      const { metadata, type, data } = await getJson<Secret>(kubectl, [
        'secret/wasmgate-certificates',
        ...inNamespace,
      ]);
      return { metadata: { uid: metadata.uid }, type, ...(data === undefined ? {} : { data }) };
    }

    /** Waits until every webhook has a CA. */
    async function certificatesInPlace(): Promise<Kept> {
      return waitFor(
        async () => {
          const found = await bundles();
          return (
            Object.values(found).every((bundle) => bundle !== '') && {
              secret: await secret(),
              bundles: found,
            }
          );
        },
        { what: 'a CA in every webhook', seconds: 120 },
      );
    }
  });

  test('an install of kubectl is taken over on request', async () => {
    await must(kubectl(['apply', '--server-side', '-k', join(MANIFESTS, 'base')]));
    const install = ['install', 'wasmgate', CHART, '--namespace=wasmgate-system'];
    const values = { image: { tag: 'next' } };
    expect(await helm(install, values)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be imported into the current release'),
    });
    await must(helm([...install, '--take-ownership', '--force-conflicts'], values));
    const image = ['deployment/wasmgate', '-n=wasmgate-system', '-o=jsonpath={..image}'];
    expect(await must(kubectl(['get', ...image]))).toBe('ghcr.io/wasmgate/wasmgate:next');
  });

  test('a second install is none', async () => {
    expect(
      await helm(['install', 'another', CHART, '--namespace=another', '--create-namespace']),
    ).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('exists and cannot be imported into the current release'),
    });
  });

  /** Names of all objects, except for those that the API server keeps itself. */
  async function everything(): Promise<readonly string[]> {
    const kinds = await must(kubectl(['api-resources', '--verbs=list,delete', '-o=name']));
    const listed = kinds
      .trim()
      .split('\n')
      .filter((kind) => !OWN_KINDS.has(kind));
    const names = await must(kubectl(['get', listed.join(','), '-A', '-o=name']));
    return names.trim().split('\n').toSorted();
  }

  /** `caBundle` of each webhook. */
  async function bundles(): Promise<Readonly<Record<string, string>>> {
    const kinds = ['mutatingwebhookconfiguration/wasmgate', 'validatingwebhookconfiguration/wasmgate'];
    const { items } = await getJson<{ items: readonly Configuration[] }>(kubectl, kinds);
    const entries = items.flatMap(({ webhooks }) =>
      webhooks.map(({ name, clientConfig }) => [name, clientConfig.caBundle ?? '']),
    );
    return Object.fromEntries(entries);
  }
});
