import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mergeKubeconfigs, selectContext } from '../../src/kubernetes/kubeconfig.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { must } from '../support/lib/processes.ts';

const BIN = join(import.meta.dirname, '..', '..', 'src', 'bin.js');
const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

const FIRST = `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: https://first, certificate-authority: ca.crt}}]
users: [{name: u, user: {client-certificate: tls/u.crt, client-key: /abs/u.key}}, {name: w, user: {tokenFile: token}}]
contexts: [{name: shop, context: {cluster: c, user: u, namespace: shop}}]
`;
const SECOND = `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: https://second, tls-server-name: other}}, {name: d, cluster: {server: https://third}}]
users: [{name: u, user: {token: t}}, {name: v, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./login}}}]
contexts: [{name: shop, context: {cluster: d, user: v}}, {name: prod, context: {cluster: d, user: v}}, {name: other, context: {cluster: c, user: w}}]
current-context: prod
`;

const PATIENCE = { timeout: 60_000, interval: 100 } as const;

/** The parts of `kubectl config view --minify -o json` that are compared. */
interface Shown {
  readonly clusters: readonly { readonly cluster: object }[];
  readonly users: readonly { readonly user: object }[];
  readonly contexts: readonly { readonly name: string; readonly context: { readonly namespace?: string } }[];
}

describe.skipIf(servers.missing)(`kubectl agrees${servers.note}`, () => {
  let folder: string;
  let kubernetes: KubernetesServer;
  const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wasmgate-plugin-'));
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
    for (const name of ['kubectl-wasmgate', 'kubectl_complete-wasmgate'])
      await symlink(BIN, join(folder, name));
  });
  afterAll(async () => {
    await kubernetes?.stop();
    await rm(folder, { recursive: true });
  });

  test.for([undefined, 'shop', 'prod', 'other'])(
    'on merged kubeconfigs, with context %s',
    async (context) => {
      await mkdir(join(folder, 'a'), { recursive: true });
      const files = [join(folder, 'a', 'first'), join(folder, 'absent'), join(folder, 'second')];
      await writeFile(join(folder, 'a', 'first'), FIRST);
      await writeFile(join(folder, 'second'), SECOND);
      const args = [
        'config',
        'view',
        '--minify',
        '-o',
        'json',
        ...(context === undefined ? [] : ['--context', context]),
      ];
      const env = { KUBECONFIG: files.join(delimiter), HOME: folder };
      const shown = JSON.parse(await must(kubectl, args, { env })) as Shown;
      const config = await mergeKubeconfigs(files);
      if (config === null) throw new Error('nothing was read');
      const selected = selectContext(config, context);
      expect(shown.contexts[0]).toMatchObject({ name: selected.name });
      expect(shown.contexts[0]?.context.namespace ?? '').toBe(selected.namespace);
      // kubectl shows paths as the file has them.
      const { 'certificate-authority': _path, ...cluster } = selected.cluster;
      expect(shown.clusters[0]?.cluster).toMatchObject(cluster);
      expect(Object.keys(shown.clusters[0]?.cluster ?? {}).toSorted()).toEqual(
        Object.keys(selected.cluster).toSorted(),
      );
      expect(Object.keys(shown.users[0]?.user ?? {}).toSorted()).toEqual(
        Object.keys(selected.user).toSorted(),
      );
    },
  );

  test('on what completes the plugin', async () => {
    const PATH = [folder, dirname(process.execPath), process.env['PATH']].join(delimiter);
    const env = { PATH, HOME: folder, KUBECONFIG: kubernetes.kubeconfig };
    const complete = async (...words: readonly string[]) =>
      (await must(kubectl, ['__complete', 'wasmgate', ...words], { env })).split('\n');
    expect(await complete('explain', 'handler-can')).toEqual(['handler-cannot-run-image\terror', ':4', '']);
    // On a busy machine, the first ones may come too late for a prompt.
    await expect.poll(() => complete('audit', '-n', 'kube-s'), PATIENCE).toEqual(['kube-system', ':4', '']);
    expect(await complete('review', '-f', '')).toEqual([':0', '']);
  });
});
