import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { useReviewStage } from '../../support/cli/review-stage.ts';
import { loadFixtureImages } from '../../support/image/fixture-images.ts';
import { MODULE } from '../../support/image/tar.ts';

const stage = useReviewStage();

/** Nothing answers there: what a test reads must come from files. */
const UNPUSHED = 'registry.invalid/team/app:1';

function fixture(name: string) {
  const found = loadFixtureImages().find((image) => image.name === name);
  if (found === undefined) throw new Error(`there is no image ${name}`);
  return found;
}

/** Writes a layout that holds a fixture's image under these names. */
async function writeLayout(path: string, name: string, names: readonly string[]): Promise<string> {
  const target = join(stage.folder, path);
  await mkdir(join(target, '..'), { recursive: true });
  await cp(fileURLToPath(fixture(name).folder), target, { recursive: true });
  const { manifests } = JSON.parse(await readFile(join(target, 'index.json'), 'utf8')) as {
    manifests: readonly object[];
  };
  const entries = names.map((ref) => ({
    ...manifests[0],
    annotations: { 'org.opencontainers.image.ref.name': ref },
  }));
  await writeFile(join(target, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: entries }));
  return target;
}

async function writePod(name: string, ...images: readonly string[]): Promise<string> {
  const containers = images.map((image, index) => `{name: c${index}, image: "${image}"}`).join(', ');
  const text = `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {containers: [${containers}]}}`;
  return stage.write(`${name}.yaml`, text);
}

async function verdictsOf(pod: string, ...flags: readonly string[]): Promise<readonly unknown[]> {
  const { items } = await stage.report([pod, '--facts', stage.facts, ...flags]);
  return items.flatMap((item) => item.images.map(({ verdict }) => verdict));
}

describe('review --images', () => {
  test('reads an image under its name, and others from their registry', async () => {
    await writeLayout('named/app', 'bk-wasi-wasm', [UNPUSHED]);
    const pod = await writePod('named', UNPUSHED, 'REGISTRY/corpus/spin-v2-app');
    expect(await verdictsOf(pod, '--images', join(stage.folder, 'named'))).toMatchObject([
      { flavour: 'wasi-image', shape: 'module' },
      { flavour: 'spin-app' },
    ]);
    expect(await verdictsOf(pod)).toMatchObject([{ kind: 'unknown' }, { flavour: 'spin-app' }]);
  });

  test('reads an image by the digest of its manifest, and of an entry of its index', async () => {
    const layout = await writeLayout('digests/app', 'bk-linux-and-wasi-list', ['v1']);
    const { digest } = fixture('bk-linux-and-wasi-list').expect;
    const entry = '04796800bce104862817b71fba6fb81d59d6ffbfbf02c34946c74e7278e8715f';
    const pod = await writePod(
      'digests',
      `registry.invalid/a@${digest}`,
      `registry.invalid/b@sha256:${entry}`,
    );
    expect(await verdictsOf(pod, '--images', layout)).toMatchObject([
      { kind: 'container' },
      { kind: 'wasm' },
    ]);
  });

  test('a layout that lacks a part is completed from the registry', async () => {
    const image = `${stage.host}/corpus/bk-linux-and-wasi-list:latest`;
    const layout = await writeLayout('sparse', 'bk-linux-and-wasi-list', [image]);
    const { digest } = fixture('bk-linux-and-wasi-list').expect;
    const index = await readFile(join(layout, 'blobs', digest.replace(':', '/')));
    spawnSync('rm', ['-r', join(layout, 'blobs/sha256')]);
    await mkdir(join(layout, 'blobs/sha256'));
    await writeFile(join(layout, 'blobs', digest.replace(':', '/')), index);
    const pod = await writePod('sparse-pod', image);
    expect(await verdictsOf(pod, '--images', layout)).toMatchObject([{ kind: 'container' }]);
  });

  test('a tag in a layout names no repository, which a note says', async () => {
    const layout = await writeLayout('tags/app', 'bk-wasi-wasm', ['latest']);
    const pod = await writePod('tags', 'registry.invalid/latest');
    const { stderr, exitCode } = await stage.review([pod, '--facts', stage.facts, '--images', layout]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(
      `Note: ${layout}: no manifest names the image "latest", a tag without a repository (sha256:5781b2d1`,
    );
  });

  test('notes Wasm files, compressed archives and archives of something else, and passes over other files', async () => {
    await writeLayout('mixed/deep/er/app', 'bk-wasi-wasm', [UNPUSHED]);
    const folder = join(stage.folder, 'mixed');
    await writeFile(join(folder, 'app.wasm'), MODULE);
    await writeFile(join(folder, 'app.tar.gz'), Buffer.from([0x1f, 0x8b, 8, 0]));
    await writeFile(join(folder, 'README.md'), '# Images');
    spawnSync('tar', [
      '--create',
      `--file=${join(folder, 'source.tar')}`,
      `--directory=${folder}`,
      'README.md',
    ]);
    const pod = await writePod('mixed-pod', UNPUSHED);
    const { stderr, exitCode } = await stage.review([pod, '--facts', stage.facts, '--images', folder]);
    expect(exitCode).toBe(0);
    const notes = stderr.split('\n').filter((line) => line !== '');
    expect(notes).toEqual([
      expect.stringMatching(/app\.tar\.gz: it is compressed/),
      expect.stringMatching(
        /app\.wasm: it is a Wasm file without an image’s name.*wasmgate inspect \S+app\.wasm$/,
      ),
      expect.stringMatching(/source\.tar": it is neither an OCI layout/),
    ]);
  });

  test('an image that two files hold is used in both', async () => {
    await writeLayout('copies/a', 'bk-wasi-wasm', [UNPUSHED]);
    await writeLayout('copies/b', 'bk-wasi-wasm', [UNPUSHED]);
    const pod = await writePod('copies-pod', UNPUSHED);
    const args = [pod, '--facts', stage.facts, '--images', join(stage.folder, 'copies')];
    expect(await stage.review(args)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('two files with different images of one name are an error', async () => {
    await writeLayout('twice/a', 'bk-wasi-wasm', [UNPUSHED]);
    await writeLayout('twice/b', 'linux-plain', [UNPUSHED]);
    const pod = await writePod('twice-pod', UNPUSHED);
    const folder = join(stage.folder, 'twice');
    const { stderr, exitCode } = await stage.review([pod, '--images', folder]);
    expect([exitCode, stderr]).toEqual([
      2,
      `wasmgate: Cannot read "${join(folder, 'b')}": it holds another image "${UNPUSHED}" than ${join(folder, 'a')}\nKeep one of them.\n`,
    ]);
  });

  test.each([
    ['that does not exist', '/nothing', /there is no such file or folder/],
    ['that is a Wasm file', 'WASM', /without an image’s name, so no manifest can refer to it/],
  ])('a path %s is an error', async (_what, path, message) => {
    const wasm = join(stage.folder, 'alone.wasm');
    await writeFile(wasm, MODULE);
    const pod = await writePod('alone', UNPUSHED);
    const { stderr, exitCode } = await stage.review([pod, '--images', path.replace('WASM', wasm)]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  test('a folder without images is noted', async () => {
    const folder = join(stage.folder, 'empty');
    await mkdir(folder);
    const pod = await writePod('empty-pod', UNPUSHED);
    const { stderr } = await stage.review([pod, '--images', folder]);
    expect(stderr).toContain(`Note: ${folder}: there is no OCI layout or docker archive in it\n`);
  });
});

describe('policy.pinDigests', () => {
  async function pinnedBy(images: string): Promise<unknown> {
    const config = await stage.write(
      'pin.yaml',
      'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\npolicy: {pinDigests: true}\n',
    );
    const pod = await writePod('pinned', UNPUSHED);
    const flags = ['--facts', stage.facts, '--config', config, '--images', images];
    const { items } = await stage.report([pod, ...flags]);
    return items[0]?.patch.find(({ path }) => path === '/spec/containers/0/image');
  }

  test('names the digest of a layout, which a push keeps', async () => {
    const layout = await writeLayout('pin/layout', 'bk-wasi-wasm', [UNPUSHED]);
    const { digest } = fixture('bk-wasi-wasm').expect;
    expect(await pinnedBy(layout)).toMatchObject({ value: `${UNPUSHED}@${digest}` });
  });

  test('names none for a docker archive, whose manifest only a push makes', async () => {
    const folder = join(stage.folder, 'pin');
    const blobs = join(fileURLToPath(fixture('bk-wasi-wasm').folder), 'blobs/sha256');
    const config = '37eadd61d1555b1a1460ba943407324c3b54cefef082b5a830975cb7620eda56';
    const layer = '66915adc1e020c77db379be5a909b409eaf8e144ad1b45fac90f28b4bad42684';
    const manifest = [{ Config: config, RepoTags: [UNPUSHED], Layers: [layer] }];
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const archive = join(folder, 'app.tar');
    const directories = [`--directory=${folder}`, 'manifest.json', `--directory=${blobs}`, config, layer];
    expect(spawnSync('tar', ['--create', `--file=${archive}`, ...directories]).status).toBe(0);
    expect(await pinnedBy(archive)).toBeUndefined();
    expect(await verdictsOf(await writePod('unpinned', UNPUSHED), '--images', archive)).toMatchObject([
      { flavour: 'wasi-image', shape: 'module' },
    ]);
  });
});
