import { copyFile, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { must, run } from '../../support/lib/processes.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const MAIN = join(ROOT, 'src', 'main.ts');

function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, NO_COLOR: __, COLUMNS: ___, ...inherited } = process.env;
  return { ...inherited, ...extra };
}

function demo(args: readonly string[] = [], extra: Readonly<Record<string, string>> = {}, program = MAIN) {
  return run(process.execPath, [program, 'demo', ...args], { env: environment(extra), cwd: tmpdir() });
}

const SUMMARY = [
  ['web', 'container', 'untouched', ''],
  ['hello', 'wasm/wasi-image', 'changed', 'crun-wasm'],
  ['orders', 'wasm/spin-app', 'changed', 'wasmtime-spin-v2'],
  ['greeter', 'wasm/oci-component', 'changed', 'wasmtime'],
  ['filter', 'wasm/wasm-entrypoint + container', 'changed', 'crun-wasm'],
  ['orders-by-hand', 'wasm/spin-app', 'denied', 'wasmtime'],
  ['nightly', 'wasm/wasi-index', 'denied', ''],
  ['hello', 'wasm/wasi-image', 'warned', ''],
];

/** Each scene's title and the label of its outcome. */
const SCENES = [
  ['An ordinary Linux Pod', 'Admitted'],
  ['A Wasm module', 'Changed'],
  ['A Spin application', 'Changed'],
  ['A component as an OCI artifact', 'Changed'],
  ['Wasm beside a Linux sidecar', 'Changed'],
  ['Spin under the wrong class', 'Denied'],
  ['An index that no node can pull', 'Denied'],
  ['A namespace in mode audit', 'Admitted'],
];

function summaryOf(text: string): readonly (readonly string[])[] {
  const [, table = ''] = /RUNTIMECLASS\n([\s\S]*?)\n\n/.exec(text) ?? [];
  return table.split('\n').map((line) => {
    const [pod = '', images = '', outcome = '', runtimeClass = ''] = line.trim().split(/ {2,}/);
    return [pod, images, outcome, runtimeClass];
  });
}

function scenesOf(text: string): readonly (readonly (string | undefined)[])[] {
  return text
    .split(/^(?=── \d of \d · )/m)
    .slice(1)
    .map((scene) => [/· (.*?) ─/.exec(scene)?.[1], /^ {2}(Admitted|Changed|Denied)\b/m.exec(scene)?.[1]]);
}

function linesWiderThan(columns: number, text: string): readonly string[] {
  return text.split('\n').filter((line) => line.length > columns && line.trim().includes(' '));
}

describe.each([
  ['demo', []],
  ['demo --full', ['--full']],
] as const)('%s in a pipe', async (_name, args) => {
  const { code, stdout, stderr } = await demo(args);

  test('exits with 0 and writes nothing to standard error', () => {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('  8 of 8 behaved as expected\n');
  });

  test('shows the title and outcome of every scene, and a summary', () => {
    expect(scenesOf(stdout)).toEqual(SCENES);
    expect(summaryOf(stdout)).toEqual(SUMMARY);
  });

  test('names a digest that nodes can pull instead of the index', () => {
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/"127\.0\.0\.1:\d+\/demo\/nightly@sha256:[0-9a-f]{64}/);
  });

  test('writes no escape codes, and no line of several words wider than 80 columns', () => {
    expect(stdout).toBe(stripVTControlCharacters(stdout));
    expect(linesWiderThan(80, stdout)).toEqual([]);
  });
});

test('the demo fits into about a hundred lines of 80 columns', async () => {
  const { stdout } = await demo();
  expect(stdout.split('\n').length).toBeLessThanOrEqual(105);
});

describe('demo --full', async () => {
  const { stdout } = await demo(['--full']);

  test.each([
    ['the Pod', '    metadata:\n      name: orders-by-hand\n'],
    ['the registry', '  Registry        http://127.0.0.1:'],
    ['evidence', 'config.os/architecture = wasi/wasm (a Wasm platform)'],
    ['a hunk', '    @@ -3,7 +3,25 @@'],
    ['an added field', '    +  runtimeClassName: crun-wasm'],
    ['the class’s own node selector', '    +    wasm-runtime: enabled'],
    ['the command of a Spin application', '    +      command:\n    +        - /\n'],
    [
      'the denial as kubectl prints it',
      '    Error from server (Forbidden): admission webhook "validate.wasmgate.dev"\n',
    ],
    ['the class to name', 'Set runtimeClassName to "wasmtime-spin-v2"'],
    ['the warning of mode audit', '    Warning: wasmgate'],
  ])('shows %s', (_case, text) => {
    expect(stdout).toContain(text);
  });
});

describe('width', () => {
  test('COLUMNS sets the width in a pipe, up to 120', async () => {
    const [wide, wider] = await Promise.all([demo([], { COLUMNS: '120' }), demo([], { COLUMNS: '300' })]);
    const widest = Math.max(...wide.stdout.split('\n').map((line) => line.length));
    expect(widest).toBe(120);
    expect(linesWiderThan(120, wider.stdout)).toEqual([]);
    expect(scenesOf(wide.stdout)).toEqual(SCENES);
  });

  test.each(['', '0', 'wide', '-5'])('COLUMNS=%j is ignored or bounded', async (COLUMNS) => {
    const { code, stdout } = await demo([], { COLUMNS });
    expect(code).toBe(0);
    expect(linesWiderThan(80, stdout)).toEqual([]);
  });
});

describe('colors', () => {
  test('FORCE_COLOR colors additions, and changes no word', async () => {
    const { stdout, code } = await demo(['--full'], { FORCE_COLOR: '1' });
    expect(code).toBe(0);
    expect(stdout).toContain('\u001b[32m+  runtimeClassName: crun-wasm\u001b[39m');
    expect(summaryOf(stripVTControlCharacters(stdout))).toEqual(SUMMARY);
  });

  test('NO_COLOR', async () => {
    const { stdout } = await demo([], { NO_COLOR: '1' });
    expect(stdout).toBe(stripVTControlCharacters(stdout));
  });
});

test('the bundle runs the demo as npm installs it, and reports missing manifests', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-bundle-'));
  try {
    const bundle = join(folder, 'dist', 'main.js');
    await must('npm', ['run', 'build', '--silent', '--', `--outdir=${join(folder, 'dist')}`], {
      cwd: ROOT,
    });
    await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'));

    const without = await demo([], {}, bundle);
    expect(without.code).toBe(1);
    expect(without.stderr).toContain('Cannot read "manifests/runtime-classes"');
    expect(without.stderr).toContain('npm run demo');

    await symlink(join(ROOT, 'manifests'), join(folder, 'manifests'));
    const { code, stdout, stderr } = await demo([], {}, bundle);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(summaryOf(stdout)).toEqual(SUMMARY);
  } finally {
    await rm(folder, { recursive: true });
  }
});
