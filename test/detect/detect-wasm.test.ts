import { describe, expect, test } from 'vitest';
import { detectWasm } from '../../src/detect/detect-wasm.ts';
import { signals } from '../../src/detect/signals.ts';
import {
  artefact,
  imageFacts,
  linux,
  OCI_COMPONENT,
  OCI_MODULE,
  RUNWASI_LAYER,
  SPIN_APP,
  TAR_LAYER,
  wasi,
  type ImageSketch,
} from '../support/image-facts.ts';

const VARIANT = 'module.wasm.image/variant';

describe('Wasm, with its flavour and shape', () => {
  test.each<[string, ImageSketch, string, string | null]>([
    ['a tar image for wasip1/wasm', wasi('/app.wasm'), 'wasi-image', null],
    [
      'platforms are compared in lower case',
      { config: { os: 'Wasip1', architecture: 'WASM', config: { Cmd: ['/a.wasm'] } } },
      'wasi-image',
      null,
    ],
    [
      'architecture wasm32',
      { config: { os: 'wasi', architecture: 'wasm32', config: { Cmd: ['/a.wasm'] } } },
      'wasi-image',
      null,
    ],
    [
      'linux/wasm, what --platform wasm makes',
      { config: { os: 'linux', architecture: 'wasm', config: { Cmd: ['/a.wasm'] } } },
      'wasi-image',
      null,
    ],
    ['linux/amd64 with a .wasm entrypoint', linux('/app.wasm'), 'wasm-entrypoint', null],
    [
      'linux/amd64 with an annotation beside it',
      { ...linux('/app.wasm'), annotations: { [VARIANT]: 'compat-smart' } },
      'annotated-image',
      null,
    ],
    ['a function behind the file name', linux('/app.wasm#main'), 'wasm-entrypoint', null],
    ['an upper-case suffix', linux('/APP.WASM'), 'wasm-entrypoint', null],
    ['a CNCF core module', OCI_MODULE, 'oci-module', 'module'],
    ['a CNCF component', OCI_COMPONENT, 'oci-component', 'component'],
    [
      'a component that serves HTTP',
      artefact({ os: 'wasip2', component: { exports: ['wasi:http/incoming-handler@0.2.0'], imports: [] } }),
      'oci-component',
      'component',
    ],
    [
      'what wkg writes for a core module leaves the shape open',
      artefact({ os: 'wasip2', component: { exports: [], imports: [] } }),
      'oci-module',
      null,
    ],
    ['a Spin application', SPIN_APP, 'spin-app', 'application'],
    ['a runwasi layer', RUNWASI_LAYER, 'runwasi-oci', null],
    [
      'a wasi image with nothing to start',
      { config: { os: 'wasi', architecture: 'wasm', config: {} } },
      'spin-rootfs',
      null,
    ],
  ])('%s', (_case, sketch, flavour, shape) => {
    expect(detectWasm(imageFacts(sketch))).toMatchObject({ kind: 'wasm', flavour, shape });
  });
});

describe('not Wasm, however it looks', () => {
  test.each<[string, ImageSketch]>([
    ['an ordinary program', linux('/server')],
    ['a .wasm further down the arguments', linux('/server', '/plugin.wasm')],
    ['a shell that starts a .wasm', linux('/bin/sh', '-c', 'exec /app.wasm')],
    ['a runtime that is given a .wasm', linux('wasmtime', 'run', '/app.wasm')],
    [
      'an inherited label',
      {
        config: {
          os: 'linux',
          architecture: 'amd64',
          config: { Entrypoint: ['/server'], Labels: { [VARIANT]: 'compat' } },
        },
      },
    ],
    ['a Windows image', { config: { os: 'windows', architecture: 'amd64', config: { Cmd: ['app.exe'] } } }],
    ['a name that only ends like one', linux('/notwasm')],
    [
      'an encrypted layer',
      { ...linux('/server'), layers: ['application/vnd.oci.image.layer.v1.tar+gzip+encrypted'] },
    ],
  ])('%s is a container', (_case, sketch) => {
    expect(detectWasm(imageFacts(sketch)).kind).toBe('container');
  });
});

describe('what lies in a registry but is no workload', () => {
  test.each<[string, ImageSketch, string | null]>([
    ['a Helm chart', { configType: 'application/vnd.cncf.helm.config.v1+json' }, null],
    ['a Spin 1 application', { configType: 'application/vnd.fermyon.spin.application.v1+config' }, 'spin-v1'],
    ['a wasmCloud actor', { configType: 'application/vnd.wasmcloud.actor.archive.config' }, 'wasmcloud'],
    ['a wasm-to-oci module', { configType: 'application/vnd.wasm.config.v1+json' }, 'wasm-to-oci'],
    [
      'a Kubewarden policy',
      {
        configType: 'application/vnd.wasm.config.v1+json',
        annotations: { 'io.kubewarden.policy.title': 'x' },
      },
      'kubewarden-policy',
    ],
    [
      'a WIT package',
      artefact({ os: 'wasip2', component: { exports: ['demo:greeter/greet@0.1.0'], imports: [] } }),
      'wit-package',
    ],
    [
      'a proxy-wasm plugin: annotation, nothing to start',
      { config: { os: 'linux', architecture: 'amd64' }, annotations: { [VARIANT]: 'compat' } },
      'proxy-wasm',
    ],
    [
      'a cosign signature under an image config',
      { config: { os: '', architecture: '' }, layers: ['application/vnd.dev.cosign.simplesigning.v1+json'] },
      null,
    ],
    [
      'an attestation',
      {
        configType: 'application/vnd.oci.empty.v1+json',
        layers: ['application/vnd.in-toto+json'],
        subject: {},
      },
      null,
    ],
    [
      'an artefact of some type',
      { configType: 'application/vnd.example.model.v1', layers: ['text/plain'] },
      null,
    ],
    [
      'a bare Wasm file as oras pushes it',
      { configType: 'application/vnd.oci.empty.v1+json', layers: ['application/wasm'] },
      null,
    ],
  ])('%s', (_case, sketch, flavour) => {
    expect(detectWasm(imageFacts(sketch))).toMatchObject({ kind: 'not-a-workload', flavour });
  });
});

describe('what cannot be settled is unknown', () => {
  test.each<[string, ImageSketch, string]>([
    ['a variable that the node expands', linux('$(APP)'), 'variable'],
    [
      'js/wasm',
      { config: { os: 'js', architecture: 'wasm', config: { Entrypoint: ['/main.wasm'] } } },
      'JavaScript',
    ],
    ['an image config without a platform', { config: {} }, 'neither'],
    [
      'two Wasm layers',
      { ...RUNWASI_LAYER, layers: ['application/wasm', 'application/wasm'] },
      '2 Wasm layers',
    ],
    [
      'a Wasm layer under architecture wasm32',
      { ...RUNWASI_LAYER, config: { os: 'wasi', architecture: 'wasm32', config: {} } },
      'wasm32',
    ],
    [
      'a CNCF artefact of two layers',
      { ...OCI_MODULE, layers: ['application/wasm', 'application/wasm'] },
      'exactly one',
    ],
    [
      'a component that nothing known starts',
      artefact({ os: 'wasip2', component: { exports: ['a:b/c'], imports: ['d:e/f'] } }),
      'exports neither',
    ],
  ])('%s', (_case, sketch, detail) => {
    const verdict = detectWasm(imageFacts(sketch));
    expect(verdict).toMatchObject({ kind: 'unknown', reason: 'unsupported' });
    expect(verdict).toHaveProperty('detail', expect.stringContaining(detail));
  });

  test('children of an index that differ where the cluster has nodes for both', () => {
    expect(detectWasm(imageFacts(linux('/server'), linux('/app.wasm'))).kind).toBe('unknown');
    expect(detectWasm(imageFacts(linux('/app.wasm'), linux('/app.wasm'))).kind).toBe('wasm');
  });
});

describe("the Pod's command decides over the image's", () => {
  test.each([
    ['command over ENTRYPOINT', { command: ['/server'] }, 'container', null],
    ['a .wasm command', { command: ['/other.wasm'] }, 'wasm', 'pod.command[0]'],
    ['args do not replace ENTRYPOINT', { args: ['--port', '80'] }, 'wasm', 'config.Entrypoint[0]'],
    ['an empty command counts as none', { command: [] }, 'wasm', 'config.Entrypoint[0]'],
    ['null counts as none', { command: null, args: null }, 'wasm', 'config.Entrypoint[0]'],
    ['a variable', { command: ['$(PROGRAM)'] }, 'unknown', 'pod.command[0]'],
    ['an escaped variable is plain text', { command: ['$$(PROGRAM)'] }, 'container', null],
  ])('%s', (_case, override, kind, field) => {
    const verdict = detectWasm(imageFacts(linux('/app.wasm')), override);
    expect(verdict.kind).toBe(kind);
    if (field !== null) expect(verdict.evidence.map((row) => row.field)).toContain(field);
  });
});

test('an index that no node can pull says so by its flavour', () => {
  const facts = imageFacts(wasi('/app.wasm'));
  const pull = { ok: false, cause: 'no-platform', platforms: [], insteadUse: facts.digest } as const;
  expect(detectWasm({ ...facts, pull })).toMatchObject({ kind: 'wasm', flavour: 'wasi-index' });
});

test('every verdict that is not an error names the field it rests on', () => {
  for (const sketch of [
    wasi('/a.wasm'),
    linux('/server'),
    SPIN_APP,
    { configType: 'application/x', layers: [TAR_LAYER] },
  ]) {
    const [evidence] = detectWasm(imageFacts(sketch)).evidence;
    expect(evidence?.field).toMatch(/^(?:config|manifest)\./);
    expect(evidence?.meaning).not.toBe('');
  }
});

test('the signal table has unique ids and a source in every row', () => {
  expect(new Set(signals.map((signal) => signal.id)).size).toBe(signals.length);
  expect(signals.every((signal) => signal.source.length > 0)).toBe(true);
});
