import { describe, expect, test } from 'vitest';
import type { CommandOverride } from '../../src/detect/effective-command.ts';
import { openQueries, type PeekScope } from '../../src/detect/open-queries.ts';
import { addContents } from '../../src/images/add-contents.ts';
import {
  artifact,
  digestOf,
  imageFacts,
  linux,
  OCI_COMPONENT,
  OCI_MODULE,
  RUNWASI_LAYER,
  SPIN_APP,
  wasi,
  type ImageSketch,
} from '../support/image/image-facts.ts';

const HOSTS = ['/spin.toml', '/slightfile.toml'];
const LABELLED: ImageSketch = {
  ...linux('/server'),
  annotations: { 'module.wasm.image/variant': 'compat' },
};

function keysOf(
  sketch: ImageSketch,
  override: CommandOverride = {},
  scope: PeekScope = 'sign',
): readonly string[] {
  const open = openQueries(imageFacts(sketch), override, scope) ?? [];
  return open.flat().map(({ key }) => key);
}

function inFolder(workingDir: string, ...entrypoint: readonly string[]): ImageSketch {
  return {
    config: {
      os: 'linux',
      architecture: 'amd64',
      config: { Entrypoint: entrypoint, WorkingDir: workingDir },
    },
  };
}

describe('manifests leave open', () => {
  test.each<[string, ImageSketch, readonly string[]]>([
    ['the shape of a file', wasi('/app.wasm'), ['/app.wasm', ...HOSTS]],
    ['the shape of a file in a Linux image', linux('/app.wasm'), ['/app.wasm', ...HOSTS]],
    [
      'a bare name, in its folder or in PATH',
      inFolder('/srv', 'app.wasm'),
      ['/srv//app.wasm', '/srv/app.wasm', '/srv/', ...HOSTS],
    ],
    [
      'a file below the working directory',
      inFolder('srv', './bin/a.wasm'),
      ['/srv/bin/a.wasm', '/srv/', ...HOSTS],
    ],
    ['a file with a function name', linux('/app.wasm#_start'), ['/app.wasm', ...HOSTS]],
    ['what a labeled image starts', LABELLED, ['/server', ...HOSTS]],
    ['which host an application is for', wasi(), HOSTS],
    ['a Linux image without a command', linux(), HOSTS],
    ["a Linux image that starts Spin's manifest", linux('/spin.toml'), HOSTS],
    ["a Wasm image that starts slight's manifest", wasi('//slightfile.toml'), HOSTS],
    ['a Linux image that starts its root', linux('/'), HOSTS],
    ['what a CNCF module imports', OCI_MODULE, [digestOf('layer 0')]],
    ['the shape of a runwasi layer', RUNWASI_LAYER, [digestOf('layer 0')]],
    [
      'the shape of what wkg pushed without interfaces',
      artifact({ os: 'wasip2', component: { exports: [], imports: [] } }),
      [digestOf('layer 0')],
    ],
  ])('%s', (_case, sketch, keys) => {
    expect(keysOf(sketch)).toEqual(keys);
  });

  test.each<[string, ImageSketch]>([
    ['an ordinary image', linux('/server')],
    ['a Wasm file further down the arguments', linux('/server', '/app.wasm')],
    ['WebAssembly text', linux('/app.wat')],
    ['a CNCF component', OCI_COMPONENT],
    ['a Spin application', SPIN_APP],
    ['a Windows image', { config: { os: 'windows', architecture: 'amd64', config: {} } }],
    ['Wasm for a JavaScript host', { config: { os: 'js', architecture: 'wasm', config: {} } }],
    ['a Helm chart', { configType: 'application/vnd.cncf.helm.config.v1+json' }],
    ['a file that was read', { ...wasi('/app.wasm'), contents: { '/app.wasm': 'module' } }],
    ['a hidden file', { ...wasi('/app.wasm'), contents: { '/app.wasm': 'hidden' } }],
    [
      'a host that was searched for',
      { ...wasi(), contents: { '/spin.toml': 'hidden', '/slightfile.toml': 'hidden' } },
    ],
  ])('nothing of %s', (_case, sketch) => {
    expect(openQueries(imageFacts(sketch), {}, 'sign')).toBeNull();
  });

  test("the Pod's command and working directory count", () => {
    expect(keysOf(linux('/server'), { command: ['/x.wasm'] })).toEqual(['/x.wasm', ...HOSTS]);
    expect(keysOf(linux('x.wasm'), { workingDir: '/w' })).toEqual([
      '/w//x.wasm',
      '/w/x.wasm',
      '/w/',
      ...HOSTS,
    ]);
    expect(keysOf(linux('/server'), { command: ['/'] })).toEqual(HOSTS);
  });

  test.each([['/srv/app.wasm'], ['/srv'], ['/srv/']])('a volume over it at %s hides it', (mountPath) => {
    expect(keysOf(linux('/srv/app.wasm'), { volumeMounts: [{ mountPath }] })).toEqual([]);
  });

  test('a volume elsewhere does not', () => {
    expect(keysOf(linux('/app.wasm'), { volumeMounts: [{ mountPath: '/app' }, {}] })).not.toEqual([]);
  });

  test('scope "any" includes what an ordinary image starts', () => {
    expect(keysOf(linux('/server'), {}, 'any')).toEqual(['/server', ...HOSTS]);
    expect(keysOf(OCI_COMPONENT, {}, 'any')).toEqual([]);
  });

  test('only some of several variants may be open', () => {
    const facts = imageFacts(linux('/server'), linux('/app.wasm'));
    expect(openQueries(facts, {}, 'sign')?.map(({ length }) => length > 0)).toEqual([false, true]);
  });
});

test('a query is closed by any result', () => {
  for (const sketch of [wasi('/app.wasm'), LABELLED, wasi(), RUNWASI_LAYER]) {
    const facts = imageFacts(sketch);
    const open = openQueries(facts, {}, 'sign') ?? [];
    const hidden = open.map((queries) => ({
      contents: new Map(queries.map(({ key }) => [key, 'hidden' as const])),
      modules: new Map(),
    }));
    expect(openQueries(addContents(facts, hidden), {}, 'sign')).toBeNull();
  }
});

describe('Pods cannot fill the memory', () => {
  test('with ever new commands for one image', () => {
    let facts = imageFacts(wasi('/app.wasm'));
    for (let index = 0; index < 500; index++) {
      facts = addContents(facts, [{ contents: new Map([[`/${index}.wasm`, 'absent']]), modules: new Map() }]);
    }
    const { contents } = facts.variants[0];
    expect(contents.get('/499.wasm')).toBe('absent');
    expect(contents.size).toBeLessThanOrEqual(33);
  });

  test('with one long command', () => {
    expect(keysOf(linux('/server'), { command: [`/${'x'.repeat(5000)}.wasm`] })).toEqual([]);
  });
});
