import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linkedLibraries } from '../../.ci/image/linked-libraries.ts';
import packageJson from '../../package.json' with { type: 'json' };
import {
  cloneSources,
  commitSources,
  containerCommand,
  createImageStage,
  type ImageStage,
  imageTools,
  mustRelease,
  OTHER,
  OWN,
  runRelease,
  unpackImage,
} from '../support/e2e/container-image.ts';
import { MANIFESTS } from '../support/e2e/install.ts';
import { probe } from '../support/e2e/probe.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { must } from '../support/kubernetes/kubectl.ts';
import { startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { freePort, run, startServer, waitFor } from '../support/lib/processes.ts';
import { type Distribution, startDistribution } from '../support/registry/distribution.ts';

const tools = await imageTools();
const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl', 'registry', 'crane', 'helm']);
const { version } = packageJson;

/** Of these folders, every library belongs to a package, which the image names with its license. */
const LIBRARY = /^\/(usr\/)?lib(64)?\/.*\.so[.\d]*$/;
const PACKAGE_FACTS =
  /^\/(var\/lib\/dpkg\/status\.d|usr\/share\/doc)\/(libc6|libgcc-s1|libstdc\+\+6|nodejs)\b/;

describe.skipIf(tools.missing || servers.missing)(`the image${tools.note}${servers.note}`, () => {
  let folder: string;
  let registry: Distribution;
  let stage: ImageStage;
  let sources: string;
  let image: Image;
  let root: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wasmgate-image-'));
    await chmod(folder, 0o755);
    registry = await startDistribution(servers.paths, 'none');
    const plain = await createImageStage(folder, { ...servers.paths, host: registry.host });
    // helm is among the test servers.
    const path = `${dirname(servers.paths.helm)}:${process.env['PATH']}`;
    stage = { ...plain, env: { ...plain.env, PATH: path } };
    sources = await commitSources(folder);
    const clone = join(folder, 'clone');
    await cloneSources(sources, clone);
    const output = join(folder, 'release');
    const flags = ['--output', output, '--platform', `linux/${OWN}`, '--base', stage.bases.all];
    await mustRelease(clone, flags, stage.env);
    image = await readImage(join(output, 'image'), OWN);
    root = join(folder, 'root');
    await unpackImage(image.layers, root);
  }, 600_000);
  afterAll(async () => {
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('contains the program, Node, its libraries, and what licenses and scanners need', async () => {
    const files = (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
    // Chunks that only some commands load are named after their source file and digest.
    const expected = [LIBRARY, PACKAGE_FACTS, /^\/app\/[\w-]+-[A-Z0-9]{8}\.js$/];
    const others = files.filter((path) => !expected.some((pattern) => pattern.test(path)));
    expect(others.toSorted()).toEqual([
      '/app/main.js',
      '/app/package.json',
      '/etc/os-release',
      '/etc/passwd',
      '/usr/local/bin/node',
    ]);
    const named = await readdir(join(root, 'var/lib/dpkg/status.d'));
    expect(named.toSorted()).toEqual(['libc6', 'libgcc-s1', 'libstdc++6']);
  });

  test('runs as an unprivileged user', async () => {
    expect(image.config).toMatchObject({
      User: '65532:65532',
      Entrypoint: [
        '/usr/local/bin/node',
        '--max-old-space-size-percentage=50',
        '--max-semi-space-size=8',
        '/app/main.js',
      ],
      Cmd: ['serve'],
      Env: expect.arrayContaining(['MALLOC_ARENA_MAX=1']),
    });
  });

  test.each([
    ['its own user', '65532:65532'],
    ['a user that only a range of OpenShift has', '1000660000:0'],
  ])('prints its version as %s', async (_case, user) => {
    const [command = '', ...args] = containerCommand({ root, mounts: [], args: ['version'], user });
    expect(await run(command, args, { env: { PATH: process.env['PATH'] } })).toEqual({
      code: 0,
      stdout: `wasmgate ${version}\n`,
      stderr: '',
    });
  });

  test('says what it is', async () => {
    const commit = (await must(run('git', ['-C', sources, 'log', '-1', '--format=%H %ct']))).trim();
    const [revision, seconds] = commit.split(' ');
    const facts = {
      'org.opencontainers.image.title': 'wasmgate',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': revision,
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.source': 'https://github.com/wasmgate/wasmgate',
    };
    expect(image.config).toMatchObject({ Labels: facts });
    expect(image.annotations).toMatchObject(facts);
    expect(image.index.annotations).toMatchObject(facts);
    expect(Date.parse(image.created) / 1000).toBe(Number(seconds));
  });

  test('serves as the Deployment starts it', async () => {
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
  });

  describe('built again, from another clone, for two platforms', () => {
    let output: string;
    let printed: string;
    beforeAll(async () => {
      const clone = join(folder, 'elsewhere', 'and-deeper');
      // A stricter umask gives the files of this clone other modes.
      await cloneSources(sources, clone, '077');
      output = join(folder, 'second-release');
      const flags = ['--output', output, '--base', stage.bases.all, '--push', `${registry.host}/wasmgate`];
      printed = await mustRelease(clone, flags, stage.env);
    }, 600_000);

    test('has the same digest', async () => {
      const again = await readImage(join(output, 'image'), OWN);
      expect(again.digest).toBe(image.digest);
      const other = await readImage(join(output, 'image'), OTHER);
      expect(other.digest).not.toBe(image.digest);
    });

    test('has for the other platform every library that its Node needs, with the same program', async () => {
      const other = await readImage(join(output, 'image'), OTHER);
      const otherRoot = join(folder, 'other-root');
      await unpackImage(other.layers, otherRoot);
      const files = (await readdir(otherRoot, { recursive: true })).map((path) => `/${path}`);
      const names = new Set(files.filter((path) => LIBRARY.test(path)).map((path) => path.split('/').at(-1)));
      const node = linkedLibraries(await readFile(join(otherRoot, 'usr/local/bin/node')));
      expect(node.architecture).toBe(OTHER);
      expect(files).toContain(node.interpreter);
      expect(node.needed.length).toBeGreaterThan(3);
      expect(node.needed.filter((name) => !names.has(name))).toEqual([]);
      await must(run('diff', ['-r', join(root, 'app'), join(otherRoot, 'app')]));
    });

    test('prints sizes, and start times of the platform that runs here only', () => {
      const line = (architecture: string) =>
        printed.split('\n').find((text) => text.startsWith(`linux/${architecture}`));
      const sizes = String.raw`\d+\.\d MiB compressed, \d+\.\d MiB unpacked`;
      expect(line(OWN)).toMatch(new RegExp(`${sizes}, prints its version after \\d+ ms$`));
      expect(line(OTHER)).toMatch(new RegExp(`${sizes}, not run: this is linux/${OWN}$`));
    });

    test('is what the registry has', async () => {
      const { index } = await readImage(join(output, 'image'), OWN);
      expect(printed).toContain(index.digest);
      const { crane } = servers.paths;
      const tag = `${registry.host}/wasmgate:${version}`;
      expect((await must(run(crane, ['digest', '--insecure', tag]))).trim()).toBe(index.digest);
    });

    test('comes with the chart, which is the same, too', async () => {
      const name = `wasmgate-${version}.tgz`;
      const chart = await readFile(join(output, name));
      expect(chart.equals(await readFile(join(folder, 'release', name)))).toBe(true);
      const shown = await must(run(servers.paths.helm, ['show', 'chart', join(output, name)]));
      expect(shown).toContain(`appVersion: ${version}`);
    });

    test('comes with an SBOM that names the packages of npm and of the base, and Node', async () => {
      const sbom = JSON.parse(
        await readFile(join(output, `wasmgate-${version}-linux-${OTHER}.cdx.json`), 'utf8'),
      );
      const purls: readonly string[] = sbom.components.map(
        ({ purl = '' }: { readonly purl?: string }) => purl,
      );
      for (const [name, pinned] of Object.entries(packageJson.dependencies)) {
        expect(purls).toContain(`pkg:npm/${name.replace('@', '%40')}@${pinned}`);
      }
      expect(purls.filter((purl) => purl.includes('/vitest@'))).toEqual([]);
      expect(purls).toContain(`pkg:generic/node@${process.versions.node}`);
      expect(purls.find((purl) => purl.startsWith('pkg:deb/debian/libc6@'))).toMatch(
        new RegExp(`\\?arch=${OTHER}&distro=debian-\\d+&upstream=glibc$`),
      );
      expect(sbom.metadata.component.purl).toContain('pkg:oci/wasmgate@sha256');
    });
  });

  test('is not built from a base that lacks a platform', async () => {
    const clone = join(folder, 'clone');
    const flags = ['--output', join(folder, 'none'), '--base', stage.bases.own];
    const { code, stderr } = await runRelease(clone, flags, stage.env);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `cannot use the base for linux/${OTHER} (--platform linux/${OWN} leaves it out)`,
    );
    expect(stderr).toContain(`The base's /usr/local/bin/node is for ${OWN}, not for ${OTHER}`);
  });
});

interface Image {
  readonly digest: string;
  readonly created: string;
  readonly config: unknown;
  readonly annotations: unknown;
  readonly layers: readonly string[];
  readonly index: { readonly digest: string; readonly annotations: unknown };
}

/** Reads an architecture's image of a layout that names one index. */
async function readImage(layout: string, architecture: string): Promise<Image> {
  const fileOf = (digest: string) => join(layout, 'blobs', ...digest.split(':'));
  const read = async (file: string) => JSON.parse(await readFile(file, 'utf8'));
  const { manifests: named } = await read(join(layout, 'index.json'));
  expect(named).toHaveLength(1);
  const [{ digest: indexDigest }] = named;
  const index = await read(fileOf(indexDigest));
  const { digest } = index.manifests.find(
    ({ platform }: { platform: { architecture: string } }) => platform.architecture === architecture,
  );
  const manifest = await read(fileOf(digest));
  const { config, created } = await read(fileOf(manifest.config.digest));
  const layers = manifest.layers.map((layer: { digest: string }) => fileOf(layer.digest));
  const { annotations } = manifest;
  return {
    digest,
    created,
    config,
    annotations,
    layers,
    index: { digest: indexDigest, annotations: index.annotations },
  };
}

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
