import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { MANIFESTS } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

/** The options of the command in manifests/README.md. */
const COMMAND = [
  'get',
  'endpointslices',
  '--namespace=default',
  '--selector=kubernetes.io/service-name=kubernetes',
  `-o=go-template-file=${join(MANIFESTS, 'components/network-policy/api-servers.gotemplate')}`,
];

const OVERLAY = `
resources: [manifests/base]
components: [manifests/components/network-policy]
patches:
  - target: { kind: NetworkPolicy, name: wasmgate }
    path: api-servers.yaml
`;

describe.skipIf(servers.missing)(`the command that fills in the NetworkPolicy${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let overlay: string;
  beforeAll(async () => {
    kubernetes = await startKubernetesServer(servers.paths);
    overlay = await mkdtemp(join(tmpdir(), 'wasmgate-overlay-'));
    await cp(MANIFESTS, join(overlay, 'manifests'), { recursive: true });
    await writeFile(join(overlay, 'kustomization.yaml'), OVERLAY);
  });
  afterAll(async () => {
    await kubernetes?.stop();
    await rm(overlay, { recursive: true });
  });

  async function build(patch: string) {
    await writeFile(join(overlay, 'api-servers.yaml'), patch);
    return kubernetes.kubectl(['kustomize', overlay]);
  }

  async function allowed(patch: string): Promise<unknown> {
    const { stdout } = await build(patch);
    const policy = parseAllDocuments(stdout)
      .map((document) => document.toJS() as { kind: string; spec: { ingress: { from: unknown }[] } })
      .find(({ kind }) => kind === 'NetworkPolicy');
    return policy?.spec.ingress[0]?.from;
  }

  test('only the API servers of both address families are admitted', async () => {
    const slice = (name: string, addressType: string, addresses: readonly string[]) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType,
      endpoints: addresses.map((address) => ({ addresses: [address] })),
      ports: [],
    });
    const own = await must(kubernetes.kubectl(COMMAND));
    await must(
      apply(kubernetes.kubectl, [
        slice('second', 'IPv4', ['10.0.0.10', '10.0.0.11']),
        slice('third', 'IPv6', ['fd00::10']),
      ]),
    );
    const patch = await must(kubernetes.kubectl(COMMAND));
    expect(await allowed(patch)).toEqual(
      expect.arrayContaining([
        { ipBlock: { cidr: '10.0.0.10/32' } },
        { ipBlock: { cidr: '10.0.0.11/32' } },
        { ipBlock: { cidr: 'fd00::10/128' } },
      ]),
    );
    expect(await allowed(patch)).toEqual(expect.arrayContaining((await allowed(own)) as unknown[]));
  });

  test('without endpoints it writes no patch, because an empty list would admit everyone', async () => {
    const args = COMMAND.map((word) => word.replace('name=kubernetes', 'name=absent'));
    const patch = await must(kubernetes.kubectl(args));
    expect(await build(patch)).toMatchObject({ code: 1 });
  });
});
