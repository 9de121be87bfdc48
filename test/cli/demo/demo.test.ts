import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { must, run } from '../../support/lib/processes.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, NO_COLOR: __, ...inherited } = process.env;
  return { ...inherited, ...extra };
}

function demo(program = join(ROOT, 'src', 'main.ts'), extra: Readonly<Record<string, string>> = {}) {
  return run(process.execPath, [program, 'demo'], { env: environment(extra), cwd: tmpdir() });
}

const SUMMARY = [
  ['web', 'container', 'untouched', ''],
  ['hello', 'wasm/wasi-image', 'changed', 'crun-wasm'],
  ['orders', 'wasm/spin-app', 'changed', 'wasmtime-spin-v2'],
  ['greeter', 'wasm/oci-component', 'changed', 'wasmtime'],
  ['filter', 'wasm/wasm-entrypoint + container', 'changed', 'crun-wasm'],
  ['orders-by-hand', 'wasm/spin-app', 'refused', 'wasmtime'],
  ['nightly', 'wasm/wasi-index', 'refused', ''],
  ['hello', 'wasm/wasi-image', 'told', ''],
];

function summaryOf(text: string): readonly (readonly string[])[] {
  const [, table = ''] = /RUNTIMECLASS\n([\s\S]*?)\n\n/.exec(text) ?? [];
  return table.split('\n').map((line) => {
    const [pod = '', images = '', answer = '', runtimeClass = ''] = line.trim().split(/ {2,}/);
    return [pod, images, answer, runtimeClass];
  });
}

describe('in a pipe', async () => {
  const { code, stdout, stderr } = await demo();

  test('it ends by itself, well and without a word on standard error', () => {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('  8 of 8 as promised\n');
  });

  test('it says what became of each Pod', () => {
    expect(summaryOf(stdout)).toEqual(SUMMARY);
  });

  test.each([
    ['evidence', 'config.os/architecture = wasi/wasm (a Wasm platform)'],
    ['a hunk', '    @@ -3,7 +3,25 @@'],
    ['an added field', '    +  runtimeClassName: crun-wasm'],
    ['the class’s own node selector', '    +    wasm-runtime: enabled'],
    ['the command of a Spin application', '    +      command:\n    +        - /\n'],
    ['the class to name', 'Fix: Set spec.runtimeClassName to "wasmtime-spin-v2"'],
    ['what audit withholds', 'Warning: wasmgate/audit: would set runtimeClassName "crun-wasm"'],
  ])('%s', (_case, text) => {
    expect(stdout).toContain(text);
  });

  test('the index is refused with a digest that pulls', () => {
    expect(stdout).toMatch(/Fix: Name\n +127\.0\.0\.1:\d+\/demo\/nightly@sha256:[0-9a-f]{64}\n/);
  });

  test('there are no escape codes, and no line is wider than a terminal unless it is one word', () => {
    expect(stdout).toBe(stripVTControlCharacters(stdout));
    const wide = stdout.split('\n').filter((line) => line.length > 80 && line.trim().includes(' '));
    expect(wide).toEqual([]);
  });
});

describe('colours', () => {
  test('FORCE_COLOR colours what is added, and changes no word', async () => {
    const { stdout, code } = await demo(undefined, { FORCE_COLOR: '1' });
    expect(code).toBe(0);
    expect(stdout).toContain('\u001b[32m+  runtimeClassName: crun-wasm\u001b[39m');
    expect(summaryOf(stripVTControlCharacters(stdout))).toEqual(SUMMARY);
  });

  test('NO_COLOR', async () => {
    const { stdout } = await demo(undefined, { NO_COLOR: '1' });
    expect(stdout).toBe(stripVTControlCharacters(stdout));
  });
});

describe('from the bundle', () => {
  test('as npm installs it, and told apart where the manifests are not beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wasmgate-bundle-'));
    try {
      const bundle = join(folder, 'dist', 'main.js');
      await must('npm', ['run', 'build', '--silent', '--', `--outdir=${join(folder, 'dist')}`], {
        cwd: ROOT,
      });
      await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'));

      const without = await demo(bundle);
      expect(without.code).toBe(1);
      expect(without.stderr).toContain('Cannot read "manifests/runtime-classes"');
      expect(without.stderr).toContain('npm run demo');

      await symlink(join(ROOT, 'manifests'), join(folder, 'manifests'));
      const { code, stdout, stderr } = await demo(bundle);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(summaryOf(stdout)).toEqual(SUMMARY);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
