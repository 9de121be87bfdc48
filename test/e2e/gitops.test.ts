import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { installBase, MANIFESTS, podsOf, waitForWebhooks, writeOverlay } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { CONFIGURATION_KINDS } from '../support/e2e/set-client-config.ts';
import { startWasmgate } from '../support/e2e/wasmgate-program.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { deployment, namespace, pod } from '../support/kubernetes/objects.ts';
import { waitFor } from '../support/lib/processes.ts';
import { startDistribution } from '../support/registry/distribution.ts';

const servers = await realServers([
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
  'registry',
  'crane',
]);

/** The API server and its controllers write these whenever they like. */
const VOLATILE = new Set([
  'events',
  'events.events.k8s.io',
  'leases.coordination.k8s.io',
  'endpointslices.discovery.k8s.io',
]);
const COMPONENTS = ['audit-report', 'fail-closed', 'high-availability', 'network-policy'];

interface Configuration {
  readonly metadata: { readonly managedFields: readonly { readonly manager: string }[] };
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

/** How tools apply manifests. Argo CD and Flux force conflicts; here there must be none. */
const TOOLS = [
  { tool: 'kubectl', options: [] },
  { tool: 'Argo CD, server-side,', options: ['--server-side', '--field-manager=argocd-controller'] },
  { tool: 'Flux', options: ['--server-side', '--field-manager=kustomize-controller'] },
];

describe.skipIf(servers.missing)(`the manifests beside what wasmgate writes${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  beforeAll(async () => {
    kubernetes = await startKubernetesServer(servers.paths);
  });
  afterAll(() => kubernetes?.stop());
  const kubectl = (...args: readonly string[]) => kubernetes.kubectl(args);

  test.each(TOOLS)(
    '$tool applies them again without a conflict, a difference or a change, and removes them without a trace',
    async ({ options }) => {
      const before = await objects();
      await using base = await writeOverlay([]);
      await using overlay = await writeOverlay(COMPONENTS);
      onTestFailed(async () => void (await kubectl('delete', '-k', overlay.folder, '--ignore-not-found')));
      await must(kubectl('apply', '-k', base.folder, ...options));
      await must(kubectl('apply', '-k', overlay.folder, ...options));
      await using wasmgate = await startWasmgate(kubernetes, {
        name: 'wasmgate',
        certificates: 'cluster',
        configuration: {},
      });
      const written = await waitFor(whatWasmgateWrites, {
        what: 'what wasmgate writes',
        seconds: 120,
        servers: [wasmgate.process],
      });

      expect(await kubectl('diff', '-k', overlay.folder, ...options)).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
      const versions = await resourceVersions(overlay.folder);
      expect(await kubectl('apply', '-k', overlay.folder, ...options)).toMatchObject({ code: 0, stderr: '' });
      expect(await resourceVersions(overlay.folder)).toBe(versions);
      expect(await whatWasmgateWrites()).toEqual(written);

      await must(kubectl('scale', '-n', 'wasmgate-system', 'deployment/wasmgate', '--replicas=1'));
      const drift = await kubectl('diff', '-k', overlay.folder, ...options, ...force(options));
      expect(drift).toMatchObject({ code: 1, stdout: expect.stringContaining('replicas: 3') as string });

      await must(kubectl('delete', '-k', overlay.folder));
      expect(await objects()).toEqual(before);
    },
    400_000,
  );

  /** wasmgate changes an image at creation only, and the tag in the manifest belongs to whoever applied it. */
  test('a bare Pod with a pinned image gets its tag back at the next apply; a Deployment is not touched', async () => {
    await using registry = await startDistribution(servers.paths, 'none');
    const image = await registry.push('bk-wasi-wasm', 'demo/module:1');
    await must(kubectl('apply', '--server-side', '-k', join(MANIFESTS, 'base')));
    await must(kubectl('apply', '--server-side', '-k', join(MANIFESTS, 'runtime-classes')));
    await using wasmgate = await startWasmgate(kubernetes, {
      name: 'pinning',
      certificates: 'development',
      configuration: {
        policy: { pinDigests: true },
        registry: { plainHttp: [registry.host], allowAddresses: ['127.0.0.1/32'] },
      },
    });
    const endpoint = { url: `https://127.0.0.1:${wasmgate.port}`, caBundle: wasmgate.caBundle };
    await installBase(kubernetes.kubectl, endpoint);
    await must(apply(kubernetes.kubectl, [namespace('team')]));
    const spec = { containers: [{ name: 'app', image }] };
    const bare = { stdin: JSON.stringify(pod('bare', 'team', { spec })) };
    await waitForWebhooks(async () => {
      const args = ['create', '--dry-run=server', '-o=yaml', '-f', '-'];
      return (await must(kubernetes.kubectl(args, bare))).includes('@sha256:');
    });
    const imageOf = () =>
      must(kubectl('get', 'pod/bare', '-n', 'team', '-o=jsonpath={.spec.containers[0].image}'));

    await must(kubernetes.kubectl(['apply', '-f', '-'], bare));
    expect(await imageOf()).toMatch(new RegExp(`^${image}@sha256:[0-9a-f]{64}$`));
    expect(await kubernetes.kubectl(['diff', '-f', '-'], bare)).toMatchObject({ code: 1 });
    expect(await must(kubernetes.kubectl(['apply', '-f', '-'], bare))).toBe('pod/bare configured\n');
    expect(await imageOf()).toBe(image);
    expect(await must(kubernetes.kubectl(['apply', '-f', '-'], bare))).toBe('pod/bare unchanged\n');

    const owned = { stdin: JSON.stringify(deployment('owned', 'team', { spec })) };
    await must(kubernetes.kubectl(['apply', '-f', '-'], owned));
    const [created] = await podsOf(kubernetes.kubectl, 'team', 'app=owned');
    expect(created?.spec.containers[0]?.['image']).toContain('@sha256:');
    expect(await kubernetes.kubectl(['diff', '-f', '-'], owned)).toMatchObject({ code: 0 });
  });

  /** Undefined until both configurations have a CA everywhere and the Secret has certificates. */
  async function whatWasmgateWrites(): Promise<object | undefined> {
    const secret = ['secret/wasmgate-certificates', '-n', 'wasmgate-system'];
    const { data } = await getJson<{ readonly data?: object }>(kubernetes.kubectl, secret);
    const configurations = await Promise.all(
      CONFIGURATION_KINDS.map((kind) =>
        getJson<Configuration>(kubernetes.kubectl, [kind, 'wasmgate', '--show-managed-fields']),
      ),
    );
    const bundles = configurations.flatMap(({ webhooks }) =>
      webhooks.map(({ clientConfig }) => clientConfig.caBundle),
    );
    const managers = configurations.map(({ metadata }) =>
      metadata.managedFields.map(({ manager }) => manager),
    );
    if (data === undefined || bundles.includes(undefined)) return undefined;
    expect(managers).toEqual([expect.arrayContaining(['wasmgate']), expect.arrayContaining(['wasmgate'])]);
    return { data, bundles };
  }

  function resourceVersions(folder: string): Promise<string> {
    return must(kubectl('get', '-k', folder, '-o=jsonpath={.items[*].metadata.resourceVersion}'));
  }

  /** Every object of every kind, by name. */
  async function objects(): Promise<readonly string[]> {
    const kinds = (await must(kubectl('api-resources', '--verbs=list', '-o=name'))).trim().split('\n');
    const listed = kinds.filter((kind) => !VOLATILE.has(kind)).join(',');
    const line = '{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
    const text = await must(kubectl('get', listed, '--all-namespaces', `-o=jsonpath=${line}`));
    return text.trim().split('\n').toSorted();
  }
});

/** A changed field belongs to whoever changed it, and only a forced comparison shows it. */
function force(options: readonly string[]): readonly string[] {
  return options.includes('--server-side') ? ['--force-conflicts'] : [];
}
