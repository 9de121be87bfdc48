import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCertificateKeeper } from '../../src/certs/keep-certificate.ts';
import { renewCertificate, LOCAL_NAMES } from '../../src/certs/serving-certificate.ts';
import { createKubernetesClient, type KubernetesClient } from '../../src/kubernetes/client.ts';
import { createCluster } from '../../src/kubernetes/cluster.ts';
import { createInClusterConnection, createKubeconfigConnection } from '../../src/kubernetes/connection.ts';
import { createPullSecrets } from '../../src/kubernetes/pull-secrets.ts';
import { createServerClock } from '../../src/kubernetes/server-clock.ts';
import { createWebhookConfigurations } from '../../src/kubernetes/webhook-configurations.ts';
import { createCertificateCluster } from '../../src/wire/open-certificate.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
const never = new AbortController().signal;
const { logger } = createRecordingLogger();

describe.skipIf(servers.missing)(`a real API server${servers.note}`, () => {
  let server: KubernetesServer;
  let client: KubernetesClient;
  beforeAll(async () => {
    server = await startKubernetesServer(servers.paths);
    client = createKubernetesClient(await createKubeconfigConnection(server.kubeconfig));
  });
  afterAll(() => server.stop());

  test('watches keep up with classes, nodes, namespaces and limit ranges', async () => {
    const cluster = createCluster({ client, logger });
    cluster.start();
    try {
      await expect.poll(() => Object.values(cluster.states()).every(({ ready }) => ready)).toBe(true);
      await expect.poll(() => cluster.namespace('kube-system')?.name).toBe('kube-system');
      await must(
        apply(server.kubectl, [runtimeClass('b-spin', 'spin'), runtimeClass('a-wasmtime', 'wasmtime'), node]),
      );
      const status = {
        runtimeHandlers: [{ name: '' }, { name: 'spin' }],
        nodeInfo: nodeInfo('containerd://2.3.7'),
      };
      const patch = JSON.stringify({ status });
      await must(
        server.kubectl(['patch', 'node', 'one', '--subresource=status', '--type=merge', '-p', patch]),
      );
      await expect.poll(() => cluster.view().nodes[0]?.handlers).toEqual(['spin']);
      // Each collection has its own watch, and may lag behind the others.
      await expect
        .poll(() => cluster.view().runtimeClasses.map(({ name }) => name))
        .toEqual(['a-wasmtime', 'b-spin']);
      expect(cluster.view().runtimeClass('b-spin')).toMatchObject({
        handler: 'spin',
        overhead: { memory: '64Mi' },
      });
      expect(cluster.view().architectures).toEqual(['arm64']);

      await must(server.kubectl(['create', 'namespace', 'young']));
      expect(await cluster.fetchNamespace('young', never)).toMatchObject({ name: 'young' });
      expect(await cluster.fetchNamespace('nowhere', never)).toBeUndefined();
      await must(server.kubectl(['label', 'namespace', 'young', 'wasmgate.dev/mode=audit']));
      await expect
        .poll(() => cluster.namespace('young')?.labels)
        .toMatchObject({ 'wasmgate.dev/mode': 'audit' });

      await must(apply(server.kubectl, [limitRange]));
      await expect
        .poll(() => cluster.view().limitRanges('young'))
        .toMatchObject([{ name: 'small', limits: [{ default: { memory: '1Gi' }, min: { memory: '8Mi' } }] }]);
      expect(cluster.view().limitRanges('kube-system')).toEqual([]);

      await must(server.kubectl(['delete', 'runtimeclass', 'b-spin']));
      await expect.poll(() => cluster.view().runtimeClass('b-spin')).toBeUndefined();
    } finally {
      await cluster.stop();
    }
  });

  test('a live list finds classes that no watch has delivered, and only those that exist', async () => {
    // Its watches have not started, so they know nothing.
    const cluster = createCluster({ client, logger });
    await must(apply(server.kubectl, [runtimeClass('young-spin', 'spin')]));
    expect(cluster.view().runtimeClass('young-spin')).toBeUndefined();
    const seen = await cluster.fetchView(never);
    expect(seen.runtimeClass('young-spin')).toMatchObject({ handler: 'spin', overhead: { memory: '64Mi' } });
    expect(seen.runtimeClasses.map(({ name }) => name)).toContain('young-spin');
    expect(seen.runtimeClass('old-spin')).toBeUndefined();
    expect(await cluster.fetchView(never)).toBe(seen);
    await must(server.kubectl(['delete', 'runtimeclass', 'young-spin']));
  });

  test('replicas that start together end up with one certificate', async () => {
    await must(server.kubectl(['create', 'namespace', 'wasmgate-system']));
    const served = await Promise.all([
      startAsReplica(client),
      startAsReplica(client),
      startAsReplica(client),
    ]);
    const certificates = served.map((certificate) => certificate?.cert);
    expect(new Set(certificates).size).toBe(1);
    expect((await startAsReplica(client))?.cert).toBe(certificates[0]);
  });

  test.for(['--server-side=false', '--server-side=true'])(
    'the CA outlives kubectl apply %s',
    async (flag) => {
      const ca = (await renewCertificate(null, LOCAL_NAMES)).caCert;
      const configurations = createWebhookConfigurations({ client, logger });
      expect(await configurations.ensure(ca, never)).toEqual([null, null]);
      const both = [webhooks('Mutating', ['a', 'b']), webhooks('Validating', ['a', 'b'])];
      await must(apply(server.kubectl, both, [flag]));
      expect(await configurations.ensure(ca, never)).toEqual([
        ['', ''],
        ['', ''],
      ]);
      expect(await configurations.ensure(ca, never)).toEqual([
        [ca, ca],
        [ca, ca],
      ]);
      await must(apply(server.kubectl, both, [flag]));
      expect(await configurations.ensure(ca, never)).toEqual([
        [ca, ca],
        [ca, ca],
      ]);

      await must(apply(server.kubectl, [webhooks('Mutating', ['a'])], [flag]));
      const left = await getJson<WebhookConfiguration>(server.kubectl, [
        'mutatingwebhookconfiguration',
        'wasmgate',
      ]);
      const bundle = Buffer.from(ca).toString('base64');
      expect(left.webhooks.map(({ name, clientConfig }) => [name, clientConfig.caBundle])).toEqual([
        ['a.wasmgate.dev', bundle],
      ]);
      await must(
        server.kubectl(['delete', 'mutatingwebhookconfiguration,validatingwebhookconfiguration', 'wasmgate']),
      );
    },
  );

  test('a Pod of the cluster reads the pull secrets it may read; otherwise the error names the missing Role', async () => {
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'reader', namespace: 'default' },
    };
    await must(apply(server.kubectl, [account]));
    const token = (await must(server.kubectl(['create', 'token', 'reader']))).trim();
    const directory = await mountAccount(server, token);
    const { hostname: host, port } = new URL(server.url);
    const secrets = createPullSecrets({
      client: createKubernetesClient(createInClusterConnection({ host, port, directory })),
    });
    await must(
      server.kubectl([
        'create',
        'secret',
        'docker-registry',
        'regcred',
        '--docker-server=registry.example',
        '--docker-username=anna',
        '--docker-password=geheim',
      ]),
    );
    await expect(secrets.read('default', ['regcred'], never)).rejects.toMatchObject({
      code: 'unauthorized',
      advice: expect.stringContaining('wasmgate-pull-secrets'),
    });
    await must(server.kubectl(['create', 'role', 'r', '--verb=get', '--resource=secrets']));
    await must(server.kubectl(['create', 'rolebinding', 'r', '--role=r', '--serviceaccount=default:reader']));
    await expect
      .poll(() => secrets.read('default', ['regcred', 'absent'], never).catch(() => null))
      .toMatchObject({
        credentials: [{ server: 'registry.example', secret: { username: 'anna', password: 'geheim' } }],
      });
  });

  test('a token that the kubelet has replaced is used', async () => {
    const directory = await mountAccount(server, 'worn');
    const { hostname: host, port } = new URL(server.url);
    const connection = createInClusterConnection({ host, port, directory, rereadMilliseconds: 0 });
    const call = { action: 'read the version', path: '/api/v1/namespaces/default' };
    const inCluster = createKubernetesClient(connection);
    await expect(inCluster.request(call, never)).rejects.toMatchObject({ code: 'unauthorized' });
    await writeFile(join(directory, 'token'), await adminToken(server));
    expect(await inCluster.request(call, never)).toMatchObject({ kind: 'Namespace' });
  });

  test('a server certificate of another CA is not trusted', async () => {
    const directory = await mountAccount(server, 'secret-token');
    await writeFile(join(directory, 'ca.crt'), (await renewCertificate(null, LOCAL_NAMES)).caCert);
    const { hostname: host, port } = new URL(server.url);
    const stranger = createKubernetesClient(createInClusterConnection({ host, port, directory }));
    await expect(stranger.request({ action: 'ask', path: '/version' }, never)).rejects.toMatchObject({
      code: 'tls',
    });
  });
});

function startAsReplica(client: KubernetesClient) {
  const cluster = createCertificateCluster(
    { client, clock: createServerClock(), logger, namespace: 'wasmgate-system' },
    never,
  );
  return createCertificateKeeper({ cluster, logger }, LOCAL_NAMES).begin();
}

interface WebhookConfiguration {
  readonly webhooks: readonly {
    readonly name: string;
    readonly clientConfig: { readonly caBundle?: string };
  }[];
}

function runtimeClass(name: string, handler: string): object {
  return {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name },
    handler,
    overhead: { podFixed: { memory: '64Mi' } },
  };
}

const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'one' } };

const limitRange = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'small', namespace: 'young' },
  spec: { limits: [{ type: 'Container', min: { memory: '8Mi' }, max: { memory: '1Gi' } }] },
};

function nodeInfo(containerRuntimeVersion: string): object {
  const rest = [
    'machineID',
    'systemUUID',
    'bootID',
    'kernelVersion',
    'osImage',
    'kubeletVersion',
    'kubeProxyVersion',
  ];
  return {
    ...Object.fromEntries(rest.map((field) => [field, ''])),
    operatingSystem: 'linux',
    architecture: 'arm64',
    containerRuntimeVersion,
  };
}

function webhooks(kind: 'Mutating' | 'Validating', names: readonly string[]): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: 'wasmgate' },
    webhooks: names.map((name) => ({
      name: `${name}.wasmgate.dev`,
      clientConfig: { service: { name: 'wasmgate', namespace: 'wasmgate-system', path: '/' } },
      rules: [
        {
          apiGroups: ['none.wasmgate.dev'],
          apiVersions: ['v1'],
          operations: ['CREATE'],
          resources: ['none'],
        },
      ],
      sideEffects: 'None',
      failurePolicy: 'Ignore',
      admissionReviewVersions: ['v1'],
    })),
  };
}

let mounts = 0;

/** Writes the files of a ServiceAccount as the kubelet mounts them. */
async function mountAccount(server: KubernetesServer, token: string): Promise<string> {
  mounts += 1;
  const directory = join(server.folder, `account-${mounts}`);
  await mkdir(directory);
  await writeFile(join(directory, 'token'), `${token}\n`);
  await copyFile(join(server.folder, 'certs', 'apiserver.crt'), join(directory, 'ca.crt'));
  return directory;
}

async function adminToken(server: KubernetesServer): Promise<string> {
  const kubeconfig = JSON.parse(await readFile(server.kubeconfig, 'utf8')) as {
    readonly users: readonly [{ readonly user: { readonly token: string } }];
  };
  return kubeconfig.users[0].user.token;
}
