import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runInspect } from '../support/cli/run-inspect.ts';
import { runWasmgate } from '../support/cli/run-wasmgate.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { run } from '../support/lib/processes.ts';
import { startDistribution, type Distribution } from '../support/registry/distribution.ts';

const servers = await realServers(['registry', 'crane']);

async function isInstalled(tool: string): Promise<boolean> {
  try {
    return (await run(tool, ['--version'])).code === 0;
  } catch {
    return false;
  }
}

const missing = (await isInstalled('skopeo')) && (await isInstalled('buildah')) ? '' : 'skopeo or buildah';

/** Images of each kind that tools copy: an image with layers, an index, and a Wasm artifact. */
const IMAGES = join(import.meta.dirname, '..', 'images');

describe.skipIf(servers.missing || missing !== '')(
  `files that real tools write${servers.note}${missing === '' ? '' : ` (skipped: no ${missing})`}`,
  () => {
    let folder: string;
    let registry: Distribution;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'wasmgate-image-files-'));
      registry = await startDistribution(servers.paths, 'none');
    });

    afterAll(async () => {
      await registry?.stop();
      // buildah's storage may hold files without write permission.
      await run('chmod', ['-R', 'u+rwX', folder]);
      await rm(folder, { recursive: true, force: true });
    });

    async function must(command: string, args: readonly string[]): Promise<string> {
      const { code, stdout, stderr } = await run(command, args);
      if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
      return stdout;
    }

    async function verdictOf(image: string): Promise<unknown> {
      const { stdout, stderr } = await runInspect([image, '-o', 'json']);
      if (stdout === '') throw new Error(stderr);
      return (JSON.parse(stdout) as { verdict: unknown }).verdict;
    }

    const layout = (name: string): string => `oci:${join(IMAGES, name)}`;

    test.each([
      ['skopeo copy to an OCI layout', 'bk-wasi-wasm', (to: string) => `oci:${to}:v1`],
      ['skopeo copy to an archive of one', 'spin-v2-app', (to: string) => `oci-archive:${to}:v1`],
      [
        'skopeo copy to a docker archive',
        'bk-wasi-wasm',
        (to: string) => `docker-archive:${to}:example/app:1`,
      ],
      ['skopeo copy of a component', 'wkg-cli-component', (to: string) => `oci:${to}`],
    ])('%s', async (what, name, target) => {
      const to = target(join(folder, what.replaceAll(' ', '-')));
      await must('skopeo', ['copy', '--quiet', '--insecure-policy', layout(name), to]);
      expect(await verdictOf(to)).toEqual(await verdictOf(layout(name)));
    });

    test('skopeo copy --all of an index', async () => {
      const to = `oci:${join(folder, 'index')}:multi`;
      await must('skopeo', [
        'copy',
        '--all',
        '--quiet',
        '--insecure-policy',
        layout('bk-linux-and-wasi-list'),
        to,
      ]);
      expect(await verdictOf(to)).toMatchObject({ kind: 'container' });
      const { stdout } = await runInspect([to, '-o', 'json', '--platform', 'wasi/wasm']);
      expect(JSON.parse(stdout)).toMatchObject({ verdict: { kind: 'wasm', shape: 'module' } });
    });

    test.each(['oci', 'tarball', 'legacy'])('crane pull --format=%s', async (format) => {
      const image = await registry.push('bk-wasi-wasm', `crane/${format}:1`);
      const to = join(folder, `crane-${format}`);
      await must(servers.paths.crane, ['pull', '--insecure', `--format=${format}`, image, to]);
      // crane compresses the layers of its archives.
      expect(await verdictOf(to)).toEqual(await verdictOf(image));
    });

    test('buildah push to each kind of file, and review finds the images by name', async () => {
      const store = [
        '--root',
        join(folder, 'root'),
        '--runroot',
        join(folder, 'run'),
        '--storage-driver',
        'vfs',
      ];
      const buildah = async (...args: readonly string[]): Promise<string> =>
        (await must('buildah', [...store, ...args])).trim();
      const module = join(folder, 'app.wasm');
      await writeFile(module, Buffer.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
      const container = await buildah('from', 'scratch');
      await buildah('copy', '--quiet', container, module, '/app.wasm');
      await buildah('config', '--os=wasi', '--arch=wasm', '--entrypoint', '["/app.wasm"]', container);
      await buildah('commit', '--quiet', '--rm', container, 'registry.invalid/team/app:1');
      const images = join(folder, 'images');
      await must('mkdir', [images]);
      const targets = [
        `oci:${images}/layout`,
        `oci-archive:${images}/oci.tar`,
        `docker-archive:${images}/docker.tar`,
      ];
      const names = targets.map((_, index) => `registry.invalid/team/app${index}:1`);
      for (const [index, target] of targets.entries())
        await buildah('push', '--quiet', 'registry.invalid/team/app:1', `${target}:${names[index] ?? ''}`);
      for (const target of targets)
        expect(await verdictOf(target)).toMatchObject({
          kind: 'wasm',
          flavour: 'wasi-image',
          shape: 'module',
        });

      const containers = names.map((image, index) => ({ name: `c${index}`, image }));
      const pod = join(folder, 'pod.json');
      await writeFile(
        pod,
        JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers } }),
      );
      const { stdout, stderr } = await runWasmgate(['review', pod, '--images', images, '-o', 'json']);
      const { items } = JSON.parse(stdout) as {
        items: readonly { images: readonly { verdict: object }[] }[];
      };
      expect(items[0]?.images.map(({ verdict }) => verdict)).toEqual(
        names.map(() => expect.objectContaining({ kind: 'wasm', shape: 'module' }) as object),
      );
      expect(stderr).not.toContain('no manifest names');
    });
  },
);
