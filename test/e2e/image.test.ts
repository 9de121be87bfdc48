import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import {
  type Buildah,
  buildImage,
  containerCommand,
  createBuildah,
  imageTools,
} from '../support/e2e/container-image.ts';
import { MANIFESTS } from '../support/e2e/install.ts';
import { probe } from '../support/e2e/probe.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { must } from '../support/kubernetes/kubectl.ts';
import { startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { freePort, run, startServer, waitFor } from '../support/lib/processes.ts';

const tools = await imageTools();
const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

describe.skipIf(tools.missing)(`the image${tools.note}`, () => {
  let folder: string;
  let buildah: Buildah;
  let root: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wasmgate-image-'));
    buildah = createBuildah(folder);
    root = await buildImage(buildah, folder);
  });
  afterAll(async () => {
    await buildah?.('umount', '--all');
    await rm(folder, { recursive: true, force: true });
  });

  test('contains the program, Node and its libraries, and nothing else', async () => {
    const files = (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
    // Chunks that only some commands load are named after their source file and digest.
    const expected = [/^\/(usr\/)?lib(64)?\/.*\.so[.\d]*$/, /^\/app\/[\w-]+-[A-Z0-9]{8}\.js$/];
    const others = files.filter((path) => !expected.some((pattern) => pattern.test(path)));
    expect(others.toSorted()).toEqual([
      '/app/main.js',
      '/app/package.json',
      '/etc/passwd',
      '/usr/local/bin/node',
    ]);
  });

  test('runs as an unprivileged user', async () => {
    const { config } = JSON.parse(await buildah('inspect', '--type=image', 'localhost/wasmgate')).OCIv1;
    expect(config).toMatchObject({
      User: '65532:65532',
      Entrypoint: [
        '/usr/local/bin/node',
        '--max-old-space-size-percentage=50',
        '--max-semi-space-size=2',
        '/app/main.js',
      ],
      Cmd: ['serve'],
    });
  });

  test('prints its version', async () => {
    const [command = '', ...args] = containerCommand({ root, mounts: [], args: ['version'] });
    expect(await run(command, args, { env: { PATH: process.env['PATH'] } })).toEqual({
      code: 0,
      stdout: `wasmgate ${packageJson.version}\n`,
      stderr: '',
    });
  });

  test.skipIf(servers.missing)(
    `serves as the Deployment starts it${servers.note}`,
    { timeout: 120_000 },
    async () => {
      const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
      await using kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
      await must(kubernetes.kubectl(['apply', '-k', join(MANIFESTS, 'base'), '--server-side']));
      const token = await must(kubernetes.kubectl(['create', 'token', 'wasmgate', '-n', 'wasmgate-system']));

      const port = await freePort();
      const etc = await volume(folder, 'etc', { 'configuration.yaml': configuration(port) });
      const account = await volume(folder, 'account', { token: token.trim() });
      await copyFile(join(kubernetes.folder, 'certs', 'apiserver.crt'), join(account, 'ca.crt'));
      const mounts = [
        { folder: etc, at: '/etc/wasmgate' },
        { folder: account, at: '/var/run/secrets/kubernetes.io/serviceaccount' },
      ];
      const serve = ['serve', '--config', '/etc/wasmgate/configuration.yaml'];
      const [command = '', ...args] = containerCommand({ root, mounts, args: serve });
      const { hostname, port: apiPort } = new URL(kubernetes.url);
      await using program = startServer(command, args, {
        name: 'wasmgate',
        logFile: join(folder, 'wasmgate.log'),
        env: {
          PATH: process.env['PATH'],
          KUBERNETES_SERVICE_HOST: hostname,
          KUBERNETES_SERVICE_PORT: apiPort,
          POD_NAMESPACE: 'wasmgate-system',
        },
      });

      const ready = async (): Promise<boolean> => (await probe(port, '/readyz')) === 200;
      await waitFor(ready, { what: 'the image to be ready', seconds: 120, servers: [program] });
      expect(await probe(port, '/healthz')).toBe(200);
      expect(await program.stop()).toBe(0);
    },
  );
});

function configuration(port: number): string {
  return JSON.stringify({
    apiVersion: 'wasmgate.dev/v1alpha1',
    kind: 'Configuration',
    server: { host: '127.0.0.1', port },
  });
}

/** A folder that the image's user may read, like a volume. */
async function volume(
  folder: string,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await chmod(path, 0o755);
  for (const [file, content] of Object.entries(files)) await writeFile(join(path, file), content);
  return path;
}
