import { describe, expect, test } from 'vitest';
import { hasGnuTar } from '../support/image/tar.ts';
import { wasmModule, type ModuleSketch } from '../support/image/wasm-module.ts';
import { setUpImages, type ImageStage } from '../support/images/image-stage.ts';

const P1 = 'wasi_snapshot_preview1';

function putImage(stage: ImageStage, sketch: ModuleSketch): string {
  return stage.put({
    os: 'wasi',
    architecture: 'wasm',
    config: { Entrypoint: ['/app.wasm'] },
    layers: [{ tree: { 'app.wasm': wasmModule(sketch) } }],
  });
}

/** Each of these ended with exit code 137 and an empty log on a real node, under wasmtime. */
describe.skipIf(!hasGnuTar)('modules that import what a handler lacks', () => {
  const CLASSES = ['wasmtime', 'wasmedge'];

  test.for<readonly [string, ModuleSketch, string]>([
    [
      'sockets of WasmEdge',
      {
        imports: [
          [P1, 'sock_open', 3],
          [P1, 'sock_bind', 3],
        ],
      },
      `${P1}.sock_open`,
    ],
    ['wasi-nn', { imports: [['wasi_ephemeral_nn', 'load', 5]] }, 'wasi_ephemeral_nn.load'],
    ['functions of lunatic', { imports: [['lunatic::process', 'spawn', 4]] }, 'lunatic::process.spawn'],
    ['no start function', { exports: ['add', 'memory'] }, '_start'],
  ])('%s, under wasmtime', async ([, sketch, said]) => {
    const stage = await setUpImages({ classes: CLASSES });
    const containers = [{ image: putImage(stage, sketch) }];
    const { outcome, decision } = await stage.assess({ containers, spec: { runtimeClassName: 'wasmtime' } });
    expect(outcome.denials).toEqual([]);
    const finding = decision.findings.find(({ id }) => id === 'handler-may-not-run-image');
    expect(finding?.detail).toContain(said);
    expect(finding?.action).toBe('warn');
  });

  test('a WasmEdge server under WasmEdge has all its imports', async () => {
    const stage = await setUpImages({ classes: CLASSES });
    const containers = [{ image: putImage(stage, { imports: [[P1, 'sock_open', 3]] }) }];
    const { decision } = await stage.assess({ containers, spec: { runtimeClassName: 'wasmedge' } });
    expect(decision.findings).toEqual([]);
  });

  test('one request shows it, and is cached', async () => {
    const stage = await setUpImages({ classes: CLASSES });
    const containers = [{ image: putImage(stage, { exports: ['add'], code: 200_000 }) }];
    await stage.assess({ containers });
    expect(stage.looks()).toBe(1);
    const { decision } = await stage.assess({ containers });
    expect(stage.looks()).toBe(1);
    expect(decision.findings.map(({ detail }) => detail).join()).toContain('_start');
  });

  test('a Wasm layer that the config calls a module', async () => {
    const stage = await setUpImages({ classes: ['wasmtime'] });
    const image = stage.putModule(wasmModule({ imports: [['lunatic::process', 'spawn', 4]], code: 200_000 }));
    const { decision } = await stage.assess({ containers: [{ image, command: ['app.wasm'] }] });
    expect(decision.findings.map(({ detail }) => detail).join()).toContain('lunatic::process.spawn');
    expect(stage.looks()).toBe(1);
  });
});
