import { describe, expect, test } from 'vitest';
import { detectWasm } from '../../../src/detect/detect-wasm.ts';
import type { UnknownVerdict, WasmVerdict } from '../../../src/detect/verdict.ts';
import { canRun } from '../../../src/policy/handlers/can-run.ts';
import { HANDLER_PROFILES, type HandlerProfile } from '../../../src/policy/handlers/handler-profiles.ts';
import { BUILT_IN } from '../../../src/policy/handlers/handler-table.ts';
import { readFixtureContents, readFixtureFacts } from '../../support/assess/fixture-facts.ts';
import { loadFixtureImages } from '../../support/image/fixture-images.ts';

function profile(handler: string): HandlerProfile {
  const found = BUILT_IN.profileOf(handler);
  if (found === null) throw new Error(`no profile for ${handler}`);
  return found;
}

function runsWell(handler: string, verdict: Parameters<typeof canRun>[1]): boolean {
  return ['yes', 'conditional'].includes(canRun(profile(handler), verdict).runs);
}

const SPIN_APP: WasmVerdict = {
  kind: 'wasm',
  flavour: 'spin-app',
  shape: 'application',
  packaging: 'oci-layer',
  firstArgument: null,
  evidence: [],
};
const ARTIFACT: WasmVerdict = { ...SPIN_APP, flavour: 'oci-module', shape: 'module' };
const WASI_IMAGE: WasmVerdict = {
  ...SPIN_APP,
  flavour: 'wasi-image',
  shape: null,
  packaging: 'tar',
  firstArgument: '/app.wasm',
};
const UNKNOWN: UnknownVerdict = {
  kind: 'unknown',
  reason: 'timeout',
  detail: '',
  advice: null,
  evidence: [],
};

describe('handler names', () => {
  test.each([
    ['spin', 'spin'],
    ['spin-v2', 'spin'],
    ['spin-v0-15-1', 'spin'],
    ['wasmtime-v1', 'wasmtime'],
    ['slight-v0-3-0', 'slight'],
    ['crun-wasm', 'crun-wasm'],
    ['wasm', 'wasm'],
  ])('%s has the profile of %s', (handler, expected) => {
    expect(BUILT_IN.profileOf(handler)?.name).toBe(expected);
  });

  test.each([
    'nvidia',
    'runsc',
    'kata',
    'kata-qemu',
    '',
    'spin-v',
    'wasmtime-spin-v2',
    'constructor',
    'Spin',
  ])('"%s" has no profile', (handler) => {
    expect(BUILT_IN.profileOf(handler)).toBeNull();
  });
});

describe('the annotation', () => {
  test('only crun needs it', () => {
    expect(canRun(profile('crun'), WASI_IMAGE)).toMatchObject({
      runs: 'conditional',
      needs: ['variant-annotation'],
    });
    expect(canRun(profile('crun-wasm'), WASI_IMAGE)).toMatchObject({ runs: 'yes', needs: [] });
  });
});

const HANDLERS = ['runc', 'crun', 'crun-wasm', 'wasmtime', 'wasmedge', 'wasmer', 'wamr', 'spin'];

describe('the matrix agrees with the fixture images', () => {
  const images = loadFixtureImages().filter(({ expect: { pulls } }) => pulls);

  /** In the registry, a slight image looks the same as a Spin application in a file system, hence "conditional". */
  const lookAlikes: Readonly<Record<string, readonly string[]>> = { 'slight-wasi': ['spin'] };

  test('there are fixture images', () => {
    expect(images.length).toBeGreaterThan(25);
  });

  test.each(images)('$name', async (image) => {
    const verdict = detectWasm(await readFixtureFacts(image));
    const runsOn = HANDLERS.filter((handler) => runsWell(handler, verdict));
    const alike = lookAlikes[image.name] ?? [];
    expect(runsOn.toSorted()).toEqual([...image.expect.runsOn, ...alike].toSorted());
    for (const handler of alike) expect(canRun(profile(handler), verdict).runs).toBe('conditional');
  });
});

describe('the matrix agrees with the fixture images, once their layers are read', () => {
  const images = loadFixtureImages().filter(({ expect: { pulls } }) => pulls);

  test.each(images)('$name', async (image) => {
    const verdict = detectWasm(await readFixtureContents(image));
    const runsOn = HANDLERS.filter((handler) => runsWell(handler, verdict));
    expect(runsOn.toSorted()).toEqual(image.expect.runsOn.toSorted());
    expect(canRun(profile('slight'), verdict).runs === 'yes' && verdict.kind === 'wasm').toBe(
      image.name === 'slight-wasi',
    );
  });
});

describe('facts that only the layers reveal', () => {
  const APPLICATION: WasmVerdict = {
    ...WASI_IMAGE,
    flavour: 'spin-rootfs',
    shape: 'application',
    firstArgument: null,
  };

  const rows: readonly [what: string, verdict: WasmVerdict, handler: string, runs: string][] = [
    ['a module without a host file', { ...WASI_IMAGE, shape: 'module', isHostless: true }, 'spin', 'no'],
    [
      'a module beside files that the layers did not reveal',
      { ...WASI_IMAGE, shape: 'module' },
      'spin',
      'unknown',
    ],
    ['spin.toml', APPLICATION, 'spin', 'yes'],
    ['spin.toml', APPLICATION, 'wasmtime', 'no'],
    ['spin.toml', APPLICATION, 'slight', 'no'],
    ['spin.toml and an entrypoint', { ...APPLICATION, firstArgument: '/app.wasm' }, 'spin', 'yes'],
    ['spin.toml and an entrypoint', { ...APPLICATION, firstArgument: '/app.wasm' }, 'wasmtime', 'unknown'],
    ['slightfile.toml', { ...APPLICATION, flavour: 'slight-app' }, 'slight', 'yes'],
    ['slightfile.toml', { ...APPLICATION, flavour: 'slight-app' }, 'spin', 'no'],
    [
      'no entrypoint and no known file',
      { ...WASI_IMAGE, firstArgument: '/', isHostless: true },
      'wasmtime',
      'no',
    ],
    [
      'no entrypoint and no known file',
      { ...WASI_IMAGE, firstArgument: null, isHostless: true },
      'wws',
      'unknown',
    ],
    [
      'a module with any file name',
      { ...WASI_IMAGE, shape: 'module', firstArgument: '/app' },
      'wasmtime',
      'yes',
    ],
    [
      'a module with any file name',
      { ...WASI_IMAGE, shape: 'module', firstArgument: '/app' },
      'crun-wasm',
      'yes',
    ],
    [
      'a module with any file name',
      { ...WASI_IMAGE, shape: 'module', firstArgument: '/app' },
      'crun',
      'unknown',
    ],
    [
      'a runwasi image with the layer type of artifacts',
      { ...ARTIFACT, flavour: 'runwasi-oci', layerType: 'application/wasm' },
      'spin',
      'unknown',
    ],
    ['a runwasi image with its own layer type', { ...ARTIFACT, flavour: 'runwasi-oci' }, 'spin', 'no'],
    ['an artifact behind an index', { ...ARTIFACT, isBehindIndex: true }, 'wasmtime', 'no'],
    ['Spin behind an index', { ...SPIN_APP, isBehindIndex: true }, 'spin', 'no'],
  ];
  const cases = rows.map(([what, verdict, handler, runs]) => ({ what, verdict, handler, runs }));

  test.each(cases)('$what on $handler: $runs', ({ verdict, handler, runs }) => {
    expect(canRun(profile(handler), verdict).runs).toBe(runs);
  });

  test('a Spin or slight application needs the same command', () => {
    expect(canRun(profile('spin'), APPLICATION).needs).toEqual(['spin-command']);
    expect(canRun(profile('slight'), { ...APPLICATION, flavour: 'slight-app' }).needs).toEqual([
      'spin-command',
    ]);
  });
});

describe('what the Pod needs', () => {
  test('a Spin application without a command', () => {
    expect(canRun(profile('spin-v2'), SPIN_APP)).toMatchObject({ runs: 'yes', needs: ['spin-command'] });
  });

  test('a Spin application with a command', () => {
    expect(canRun(profile('spin'), { ...SPIN_APP, firstArgument: '/' }).needs).toEqual([]);
  });

  test('an artifact without a command', () => {
    expect(canRun(profile('wasmtime'), ARTIFACT)).toMatchObject({ runs: 'yes', needs: ['command'] });
  });

  test('no requirement if the handler cannot run the image', () => {
    expect(canRun(profile('runc'), ARTIFACT)).toMatchObject({ runs: 'no', needs: [] });
  });
});

describe('unknown images and handlers stay unknown', () => {
  test.each(HANDLER_PROFILES)('an unknown image on $name', (known) => {
    expect(canRun(known, UNKNOWN).runs).toBe('unknown');
  });

  test('a component on a handler named "wasm"', () => {
    expect(canRun(profile('wasm'), { ...WASI_IMAGE, shape: 'component' }).runs).toBe('unknown');
    expect(canRun(profile('wasm'), { ...WASI_IMAGE, shape: 'module' }).runs).toBe('yes');
  });

  test('a WASI image on spin, which may hold a /spin.toml', () => {
    expect(canRun(profile('spin'), WASI_IMAGE).runs).toBe('unknown');
  });

  test('treats an unknown shape as a module, and says so', () => {
    expect(canRun(profile('wasmedge'), WASI_IMAGE)).toMatchObject({ runs: 'yes', assumesModule: true });
    expect(canRun(profile('wasmtime'), WASI_IMAGE)).toMatchObject({ runs: 'yes', assumesModule: false });
    expect(canRun(profile('wasmedge'), { ...WASI_IMAGE, shape: 'module' }).assumesModule).toBe(false);
  });
});
