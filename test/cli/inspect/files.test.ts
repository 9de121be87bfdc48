import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runInspect } from '../../support/cli/run-inspect.ts';
import { loadFixtureImages, putFixtureImages } from '../../support/image/fixture-images.ts';
import { COMPONENT, ELF, MODULE, hasGnuTar, tarOf, type Tree } from '../../support/image/tar.ts';
import { run } from '../../support/lib/processes.ts';
import { startRegistry, type TestRegistry } from '../../support/registry/registry.ts';

let registry: TestRegistry;
let folder: string;

beforeAll(async () => {
  registry = await startRegistry({ images: putFixtureImages });
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-files-'));
});

afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});

const layouts = loadFixtureImages();

function layoutOf(name: string): string {
  return fileURLToPath(layouts.find((image) => image.name === name)?.folder ?? new URL('file:///'));
}

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Writes an archive of a folder with the real tar. */
async function archive(name: string, from: string, ...paths: readonly string[]): Promise<string> {
  const path = join(folder, name);
  const { status, stderr } = spawnSync('tar', [
    '--create',
    `--file=${path}`,
    `--directory=${from}`,
    ...paths,
  ]);
  if (status !== 0) throw new Error(`Cannot make an archive: ${String(stderr)}`);
  return path;
}

async function reportOf(image: string, ...flags: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await runInspect([image, '-o', 'json', ...flags]);
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Leaves out what differs between a file and a registry: the name of the image, and the traffic. */
function comparable({ pull, ...report }: Record<string, unknown>): unknown {
  const { insteadUse, ...rest } = pull as { insteadUse: string | null };
  const digest = insteadUse?.replace(/^.*@/, '') ?? null;
  return { ...report, pull: { ...rest, insteadUse: digest }, reference: '', requests: 0, bytes: 0 };
}

describe('an OCI layout gives the report of the registry', () => {
  test.each(layouts)('$name', async ({ name }) => {
    const pushed = await reportOf(`${registry.host}/corpus/${name}`);
    const layout = await reportOf(layoutOf(name));
    expect(comparable(layout)).toEqual(comparable(pushed));
    expect(layout).toMatchObject({ reference: layoutOf(name), requests: 0, bytes: 0 });
    const tar = await archive(`${name}.tar`, layoutOf(name), '.');
    expect(comparable(await reportOf(tar))).toEqual(comparable(pushed));
  });

  test('with an entry of an index, and without reading layers', async () => {
    const [layout, image] = [
      layoutOf('bk-linux-and-wasi-list'),
      `${registry.host}/corpus/bk-linux-and-wasi-list`,
    ];
    for (const flags of [['--platform', 'wasi/wasm'], ['--no-peek'], ['--command', '/a.wasm']])
      expect(comparable(await reportOf(layout, ...flags))).toEqual(
        comparable(await reportOf(image, ...flags)),
      );
  });

  test('names a part of an image without a name by a placeholder', async () => {
    const { pull } = await reportOf(layoutOf('bk-linux-and-wasi-list'), '--platform', 'wasi/wasm');
    expect(pull).toMatchObject({
      insteadUse: expect.stringMatching(/^REGISTRY\/REPOSITORY@sha256:[0-9a-f]{64}$/) as string,
    });
  });

  test('says what holds the image, and nothing about requests', async () => {
    const { stdout } = await runInspect([`oci:${layoutOf('bk-wasi-wasm')}:latest`]);
    expect(stdout).toMatch(/^oci:\S+:latest$/m);
    expect(stdout).toMatch(/^ {2}File {4}OCI layout, with the image latest$/m);
    expect(stdout).not.toMatch(/requests?,/);
  });
});

/** Returns the index of a layout in which one manifest stands under these names. */
function indexOf(name: string, entries: readonly Readonly<Record<string, unknown>>[]): string {
  const { digest, mediaType } = layouts.find((image) => image.name === name)?.expect ?? {
    digest: '',
    mediaType: '',
  };
  const manifests = entries.map((entry) => ({ mediaType, digest, size: 476, ...entry }));
  return JSON.stringify({ schemaVersion: 2, manifests });
}

function named(name: string): Readonly<Record<string, unknown>> {
  return { annotations: { 'org.opencontainers.image.ref.name': name } };
}

async function layoutWith(name: string, index: string): Promise<string> {
  const path = join(folder, name);
  await cp(layoutOf('bk-wasi-wasm'), path, { recursive: true });
  await writeFile(join(path, 'index.json'), index);
  return path;
}

describe('choosing one of several images', () => {
  test('by tag, by name and by position', async () => {
    const entries = [
      named('v1'),
      named('example.com/app:2'),
      {
        annotations: {
          'io.containerd.image.name': 'docker.io/library/web:3',
          'org.opencontainers.image.ref.name': '3',
        },
      },
    ];
    const path = await layoutWith('several', indexOf('bk-wasi-wasm', entries));
    for (const selector of ['v1', 'example.com/app:2', '3', 'web:3', 'docker.io/library/web:3', '@2'])
      expect(await reportOf(`${path}:${selector}`)).toMatchObject({ verdict: { flavour: 'wasi-image' } });
    const { exitCode, stderr } = await runInspect([path]);
    expect([exitCode, stderr]).toEqual([
      2,
      `wasmgate: Cannot read "${path}": it holds 3 images: v1, example.com/app:2, docker.io/library/web:3\nName one of them: ${path}:v1\n`,
    ]);
    expect((await runInspect([`${path}:v2`])).stderr).toContain('it holds no image "v2", only v1, ');
  });

  test('entries that differ only by platform are one image', async () => {
    const platform = { os: 'wasi', architecture: 'wasm' };
    const path = await layoutWith('platforms', indexOf('bk-wasi-wasm', [{ platform }, { platform }]));
    expect(await reportOf(path)).toMatchObject({
      // No registry has an index with this digest.
      digest: null,
      verdict: { kind: 'wasm', flavour: 'wasi-index' },
      pull: { ok: false },
    });
  });

  test('none', async () => {
    const path = await layoutWith('none', indexOf('bk-wasi-wasm', []));
    expect((await runInspect([path])).stderr).toBe(`wasmgate: Cannot read "${path}": it holds no image\n`);
  });
});

describe.skipIf(!hasGnuTar)('a hostile or damaged file', () => {
  test('a link out of a layout is not followed', async () => {
    const path = await layoutWith('link', indexOf('bk-wasi-wasm', [{}]));
    const digest = (layouts.find(({ name }) => name === 'bk-wasi-wasm')?.expect.digest ?? '').replace(
      ':',
      '/',
    );
    const secret = await write('secret', 'geheim');
    await rm(join(path, 'blobs', digest));
    await symlink(secret, join(path, 'blobs', digest));
    const { exitCode, stderr } = await runInspect([path]);
    expect([exitCode, stderr]).toEqual([
      3,
      expect.stringContaining('it is a link to a file outside of the layout'),
    ]);
    expect(stderr).toContain('cp -rL');
  });

  test('a link within a layout is followed', async () => {
    const path = await layoutWith('inside', indexOf('bk-wasi-wasm', [{}]));
    await cp(join(path, 'blobs'), join(path, 'store'), { recursive: true });
    await rm(join(path, 'blobs'), { recursive: true });
    await symlink('store', join(path, 'blobs'));
    expect(await reportOf(path)).toMatchObject({ verdict: { kind: 'wasm' } });
  });

  test.each([
    ['manifest', '5781b2d1889b4d9aea83bc2740bea2b85825e41c81467c9c24abeb8f19fb2ee3'],
    ['config', '37eadd61d1555b1a1460ba943407324c3b54cefef082b5a830975cb7620eda56'],
  ])('changed bytes of the %s', async (what, digest) => {
    const path = await layoutWith(`changed ${what}`, indexOf('bk-wasi-wasm', [{}]));
    await writeFile(join(path, 'blobs/sha256', digest), '{}');
    const { exitCode, stdout, stderr } = await runInspect([path]);
    expect([exitCode, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(
      new RegExp(`^wasmgate: Cannot read image ".*": sha256:${digest}: its content has the digest sha256:`),
    );
  });

  test('a changed layer is a warning, as at a registry', async () => {
    const path = await layoutWith('changed layer', indexOf('bk-wasi-wasm', [{}]));
    // The only blob that is gzip.
    const layer = '66915adc1e020c77db379be5a909b409eaf8e144ad1b45fac90f28b4bad42684';
    await writeFile(join(path, 'blobs/sha256', layer), 'x');
    const { exitCode, stderr } = await runInspect([path]);
    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringMatching(/^wasmgate: warning: layers were not read: .*digest/),
    ]);
  });

  test('a blob that is not there', async () => {
    const path = await layoutWith('missing', indexOf('spin-v2-app', [{}]));
    const { exitCode, stderr } = await runInspect([path]);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(/it refers to sha256:\w+, which is not in the file\nExport/),
    ]);
  });

  const layout: Tree = { 'oci-layout': '{"imageLayoutVersion":"1.0.0"}' };
  test.each<[string, Uint8Array | string, RegExp]>([
    ['no index', tarOf(layout), /it has an oci-layout file, but no index\.json/],
    ['an index that is no JSON', tarOf({ ...layout, 'index.json': '<html>' }), /index\.json: it is not JSON/],
    [
      'an index of another shape',
      tarOf({ ...layout, 'index.json': '{"manifests":7}' }),
      /index\.json: .*not a list/,
    ],
    [
      'a digest that is a path',
      tarOf({ ...layout, 'index.json': '{"manifests":[{"digest":"sha256:../../../etc/passwd"}]}' }),
      /digest is not a digest/,
    ],
    ['an empty docker archive', tarOf({ 'manifest.json': '[]' }), /it holds no image/],
    [
      'a docker archive of another shape',
      tarOf({ 'manifest.json': '[{}]' }),
      /item 0 has no Config or Layers/,
    ],
    [
      'a docker archive without its config',
      tarOf({ 'manifest.json': '[{"Config":"c","Layers":[]}]' }),
      /the config c, which is not in the archive/,
    ],
    [
      'a config outside of the archive',
      tarOf({ 'manifest.json': '[{"Config":"../../etc/passwd","Layers":[]}]' }),
      /which is not in the archive/,
    ],
    [
      'a config that is a link out of it',
      tarOf({ 'manifest.json': '[{"Config":"c","Layers":[]}]', c: { link: '/etc/passwd' } }),
      /which is not in the archive/,
    ],
    [
      'a link to itself',
      tarOf({ 'manifest.json': '[{"Config":"c","Layers":[]}]', c: { link: 'c' } }),
      /which is not in the archive/,
    ],
    [
      'another number of layers',
      tarOf({ 'manifest.json': '[{"Config":"c","Layers":[]}]', c: '{"rootfs":{"diff_ids":["x"]}}' }),
      /lists 1 layers, and manifest\.json 0/,
    ],
    [
      'an artifact in a docker archive',
      tarOf({ 'manifest.json': '[{"Config":"c","Layers":["l"]}]', c: '{}', l: MODULE }),
      /as that of a Wasm artifact\nDocker archives/,
    ],
    [
      'an archive of something else',
      tarOf({ 'src/main.ts': '' }),
      /neither an OCI layout \(oci-layout\) nor a docker archive/,
    ],
    [
      'an archive that is cut off',
      tarOf({ a: 'x'.repeat(5000) }).subarray(0, 2048),
      /it ends in the middle of an archive/,
    ],
    ['a compressed archive', Buffer.from([0x1f, 0x8b, 8, 0]), /it is compressed.*\nDecompress it first/],
    ['WebAssembly text', ' ;; hello\n(module)', /it is WebAssembly text, which no handler runs\nCompile it/],
    ['a Linux program', ELF, /neither an OCI layout, nor a tar archive of one/],
    ['nothing', '', /neither an OCI layout/],
  ])('%s', async (what, content, message) => {
    const path = await write(`${what}.bin`, content);
    const { exitCode, stdout, stderr } = await runInspect([path]);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(exitCode).not.toBe(0);
  });

  test('a name with control characters does not reach the terminal', async () => {
    const path = await layoutWith('escape', indexOf('bk-wasi-wasm', [named('\u001b[2Jv1'), named('v2')]));
    const { stderr } = await runInspect([path]);
    expect(stderr).not.toContain('\u001b');
    expect(stderr).toContain('v2');
  });
});

describe('distinguishing files from references', () => {
  test.each([
    ['./nothing.tar'],
    ['../nothing'],
    ['/nothing'],
    ['oci:nothing:v1'],
    ['docker-archive:nothing'],
  ])('%s is a file, which does not exist', async (text) => {
    const { exitCode, stderr } = await runInspect([text]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('there is no such file or folder')]);
  });

  test.each([
    ['docker-daemon:app:1', 'docker save'],
    ['containers-storage:app:1', 'podman save'],
  ])('%s is a place that wasmgate does not read', async (text, advice) => {
    const { exitCode, stderr } = await runInspect([text]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(advice)]);
  });

  /** Runs the program in the folder. */
  async function inspectThere(image: string): Promise<unknown> {
    const program = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
    const { stdout } = await run(process.execPath, [program, 'inspect', image, '-o', 'json'], {
      cwd: folder,
      env: { HOME: folder },
    });
    return JSON.parse(stdout);
  }

  test('a folder without an image does not hide the repository of its name', async () => {
    await mkdir(join(folder, registry.host, 'corpus', 'bk-wasi-wasm'), { recursive: true });
    const report = await inspectThere(`${registry.host}/corpus/bk-wasi-wasm`);
    expect(report).toMatchObject({ reference: `${registry.host}/corpus/bk-wasi-wasm:latest`, requests: 3 });
  });

  test('a path without ./ where an image lies is that image', async () => {
    await cp(layoutOf('bk-wasi-wasm'), join(folder, 'bare'), { recursive: true });
    expect(await inspectThere('bare:latest')).toMatchObject({ reference: 'bare:latest', requests: 0 });
  });
});

describe('a Wasm file', () => {
  test.each([
    ['module', MODULE, { artifact: 'no', 'wasi-image': 'yes', 'linux-image': 'yes' }],
    ['component', COMPONENT, { artifact: 'no', 'wasi-image': 'no', 'linux-image': 'no' }],
  ])('a %s: what each packaging makes of it', async (shape, content, crunWasm) => {
    const path = await write(`${shape}.wasm`, content);
    const report = await reportOf(path);
    const packagings = report['packagings'] as readonly {
      readonly packaging: string;
      readonly verdict: object;
      readonly handlers: Readonly<Record<string, { readonly runs: string }>>;
    }[];
    expect(Object.keys(report)).toEqual(['file', 'mediaType', 'shape', 'packagings']);
    expect(report).toMatchObject({ file: path, mediaType: 'application/wasm', shape });
    expect(packagings.map(({ verdict }) => verdict)).toEqual(
      Array(3).fill(expect.objectContaining({ kind: 'wasm', shape })),
    );
    const runs = packagings.map(({ packaging, handlers }) => [packaging, handlers['crun-wasm']?.runs]);
    expect(Object.fromEntries(runs)).toEqual(crunWasm);
    for (const { handlers } of packagings) expect(handlers['wasmtime']?.runs).toBe('yes');
  });

  test('is a table for each packaging', async () => {
    const { stdout, exitCode } = await runInspect([await write('table.wasm', MODULE)]);
    expect(exitCode).toBe(0);
    expect(stdout.match(/^As .*/gm)).toHaveLength(3);
    expect(stdout).toContain('an image for wasi/wasm');
  });
});
