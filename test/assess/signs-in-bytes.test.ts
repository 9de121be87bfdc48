import { describe, expect, test } from 'vitest';
import type { DecidedAssessment } from '../../src/assess/assessment.ts';
import type { Container } from '../../src/pod/pod.ts';
import type { LayeredImage } from '../support/image/layered-image.ts';
import { ELF, hasGnuTar } from '../support/image/tar.ts';
import { wasmModule } from '../support/image/wasm-module.ts';
import { setUpImages } from '../support/images/image-stage.ts';

const HELLO = wasmModule();

function image(config: object, tree: LayeredImage['layers'][number]['tree'], os = 'wasi'): LayeredImage {
  return { os, architecture: os === 'wasi' ? 'wasm' : 'amd64', config, layers: [{ tree }] };
}

const hello = image({ Entrypoint: ['/app.wasm'] }, { 'app.wasm': HELLO });

async function review(
  sketch: LayeredImage,
  runtimeClassName: string | null,
  parts: Partial<Container> = {},
): Promise<DecidedAssessment> {
  const stage = await setUpImages({ classes: ['wasmtime', 'wasmedge', 'crun', 'spin'] });
  const spec = runtimeClassName === null ? {} : { runtimeClassName };
  return stage.assess({ containers: [{ image: stage.put(sketch), ...parts }], spec });
}

function findingsOf({ decision }: DecidedAssessment): readonly string[] {
  return decision.findings.map(({ id, detail }) => `${id}: ${detail}`);
}

describe.skipIf(!hasGnuTar)('what only an image’s layers show', () => {
  test('the finding names the missing command, not the missing class', async () => {
    const assessment = await review(hello, null, { command: ['/app'] });
    expect(findingsOf(assessment).join()).toMatch(/starts \/app, which is in no layer of the image/);
    expect(findingsOf(assessment).join()).not.toContain("none of this cluster's classes");
  });

  test.for<readonly [string, Partial<Container>, boolean]>([
    ['a .wasm file that the image lacks', { command: ['/nope.wasm'] }, true],
    [
      'one that a volume may hold',
      { command: ['/nope.wasm'], volumeMounts: [{ mountPath: '/nope.wasm' }] },
      false,
    ],
    ['its own file', {}, false],
    ['its own file, by a variable', { command: ['$(F)'], env: [{ name: 'F', value: '/app.wasm' }] }, false],
  ])('%s under wasmtime: %o', async ([, parts, isReported]) => {
    const reported = findingsOf(await review(hello, 'wasmtime', parts)).join();
    expect(reported.includes('command-not-in-image')).toBe(isReported);
  });

  test.for<readonly [string, string]>([
    ['the Wasmtime shim', 'wasmtime'],
    ['the WasmEdge shim', 'wasmedge'],
    ['crun, whose engine does not search PATH', 'crun'],
  ])('a bare name in a directory of PATH: %s', async ([, handler]) => {
    const onPath = image({ Entrypoint: ['hello.wasm'] }, { 'usr/bin/hello.wasm': HELLO });
    const reported = findingsOf(await review(onPath, handler)).join();
    expect(reported).toContain('along PATH');
    const beside = image({ Entrypoint: ['hello.wasm'] }, { 'hello.wasm': HELLO });
    expect(findingsOf(await review(beside, handler)).join()).not.toContain('along PATH');
  });

  test.for<readonly [string, string, Partial<Container>, boolean]>([
    ['the image lacks', 'wasmtime', {}, true],
    ['crun creates', 'crun', {}, false],
    ['a volume creates', 'wasmtime', { volumeMounts: [{ mountPath: '/srv/data' }] }, false],
    ['is the root', 'wasmtime', { workingDir: '/' }, false],
    ['holds a file', 'wasmtime', { workingDir: '/etc' }, false],
  ])('a working directory that %s (%s)', async ([, handler, parts, isReported]) => {
    const config = { Entrypoint: ['/app.wasm'], WorkingDir: '/srv' };
    const sketch = image(config, { 'app.wasm': HELLO, 'etc/app.conf': 'x' });
    const reported = findingsOf(await review(sketch, handler, parts)).join();
    expect(reported.includes('working directory /srv')).toBe(isReported);
  });

  test('a Linux program in an image for a Wasm platform is reported, and not denied under runc', async () => {
    const elf = image({ Entrypoint: ['/app.wasm'] }, { 'app.wasm': ELF });
    const { outcome, decision } = await review(elf, null);
    expect(outcome.denials).toEqual([]);
    expect(decision.findings.map(({ id }) => id)).toContain('file-not-wasm');
  });

  test("an entrypoint that is Spin's manifest means a Spin application, whatever the platform", async () => {
    const spin = image({ Entrypoint: ['/spin.toml'] }, { 'spin.toml': '' }, 'linux');
    expect((await review(spin, null)).decision.runtimeClass.class?.name).toBe('spin');
    const { outcome } = await review(spin, 'wasmtime');
    expect(outcome.denials.map(({ id }) => id)).toEqual(['handler-cannot-run-image']);
  });

  test('a module under an ordinary name in a small image gets a class, and its layers are read once', async () => {
    const stage = await setUpImages({ classes: ['wasmtime'] });
    const ordinary = image({ Entrypoint: ['/app'] }, { app: HELLO }, 'linux');
    const containers = [{ image: stage.put(ordinary) }];
    expect((await stage.assess({ containers })).decision.runtimeClass.class?.name).toBe('wasmtime');
    expect((await stage.assess({ containers })).decision.runtimeClass.class?.name).toBe('wasmtime');
    expect(stage.looks()).toBe(1);
  });

  test.for<readonly [string, LayeredImage, number]>([
    ['small', image({ Entrypoint: ['/app'] }, { app: ELF }, 'linux'), 1],
    [
      'of many layers',
      {
        config: { Entrypoint: ['/app'] },
        layers: ['a', 'b', 'c', 'app'].map((name) => ({ tree: { [name]: ELF } })),
      },
      0,
    ],
    [
      'large',
      {
        config: { Entrypoint: ['/app'] },
        layers: [{ tree: { app: ELF, data: Buffer.alloc(9 * 1024 * 1024) }, compression: 'none' }],
      },
      0,
    ],
  ])('an ordinary image that is %s: %o', async ([, sketch, looks]) => {
    const stage = await setUpImages({ classes: ['wasmtime'] });
    const containers = [{ image: stage.put(sketch) }];
    const { decision } = await stage.assess({ containers });
    await stage.assess({ containers });
    expect(decision.findings).toEqual([]);
    expect(stage.looks()).toBe(looks);
  });

  test('an image with two Wasm layers is not a workload', async () => {
    const mediaType = 'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm';
    const layers = [
      { tree: { a: '' }, mediaType },
      { tree: { b: '' }, mediaType },
    ];
    const config = { Entrypoint: ['app.wasm'] };
    const reported = findingsOf(await review({ os: 'wasip1', architecture: 'wasm', config, layers }, null));
    expect(reported.join()).toContain('2 Wasm layers');
  });
});
