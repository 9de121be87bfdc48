import { describe, expect, test } from 'vitest';
import { detectWasm, SIGNALS } from '../../src/detect/detect-wasm.ts';
import type { ImageFacts } from '../../src/image/image-facts.ts';
import { DOCKER_CONFIG, OCI_INDEX } from '../../src/image/media-types.ts';
import {
  artifact,
  digestOf,
  imageFacts,
  linux,
  OCI_COMPONENT,
  OCI_MODULE,
  RUNWASI_LAYER,
  SPIN_APP,
  TAR_LAYER,
  wasi,
  type ImageSketch,
} from '../support/image/image-facts.ts';

const VARIANT = 'module.wasm.image/variant';
const SPIN_LAYERS = SPIN_APP.layers ?? [];

describe('Wasm, with its flavour and shape', () => {
  test.each<[string, ImageSketch, string, string | null]>([
    ['a tar image for wasip1/wasm', wasi('/app.wasm'), 'wasi-image', null],
    [
      'an upper-case platform',
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
      'linux/wasm, from --platform wasm',
      { config: { os: 'linux', architecture: 'wasm', config: { Cmd: ['/a.wasm'] } } },
      'wasi-image',
      null,
    ],
    ['linux/amd64 with a .wasm entrypoint', linux('/app.wasm'), 'wasm-entrypoint', null],
    [
      'linux/amd64 with an annotation',
      { ...linux('/app.wasm'), annotations: { [VARIANT]: 'compat-smart' } },
      'annotated-image',
      null,
    ],
    ['a function name after the file name', linux('/app.wasm#main'), 'wasm-entrypoint', null],
    ['an upper-case suffix', linux('/APP.WASM'), 'wasm-entrypoint', null],
    ['a CNCF core module', OCI_MODULE, 'oci-module', 'module'],
    ['a CNCF component', OCI_COMPONENT, 'oci-component', 'component'],
    [
      'a component that serves HTTP',
      artifact({ os: 'wasip2', component: { exports: ['wasi:http/incoming-handler@0.2.0'], imports: [] } }),
      'oci-component',
      'component',
    ],
    [
      'a core module from wkg, with open shape',
      artifact({ os: 'wasip2', component: { exports: [], imports: [] } }),
      'oci-module',
      null,
    ],
    [
      'a component for a later WASI',
      artifact({ os: 'wasip2', component: { exports: ['wasi:http/handler@0.3.0'], imports: [] } }),
      'oci-component',
      'component',
    ],
    ['a CNCF artifact without component fields', artifact({ os: 'wasip2' }), 'oci-module', null],
    ['a Spin application', SPIN_APP, 'spin-app', 'application'],
    [
      'a Spin application with its files in an archive',
      { ...SPIN_APP, layers: [...SPIN_LAYERS, 'application/vnd.wasm.content.bundle.v1.tar+gzip'] },
      'spin-app',
      'application',
    ],
    [
      "a Spin application from Spin's main branch, which writes Wasip1",
      { ...SPIN_APP, config: { os: 'Wasip1', architecture: 'wasm', config: {} } },
      'spin-app',
      'application',
    ],
    ['WebAssembly text', linux('/app.wat'), 'wasm-entrypoint', null],
    ['an entry for Linux whose config is wasi', wasi('/app.wasm'), 'wasi-image', null],
    [
      'shell form for a Wasm platform',
      { config: { os: 'wasip1', architecture: 'wasm', config: { Cmd: ['/bin/sh', '-c', '/app.wasm'] } } },
      'wasi-image',
      null,
    ],
    [
      'Docker media types',
      {
        configType: DOCKER_CONFIG,
        config: { os: 'wasi', architecture: 'wasm32', config: { Entrypoint: [], Cmd: ['/a.wasm'] } },
        layers: ['application/vnd.docker.image.rootfs.diff.tar.gzip'],
      },
      'wasi-image',
      null,
    ],
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

describe('not Wasm despite its looks', () => {
  test.each<[string, ImageSketch]>([
    ['an ordinary program', linux('/server')],
    ['a .wasm further down the arguments', linux('/server', '/plugin.wasm')],
    ['a shell that starts a .wasm', linux('/bin/sh', '-c', 'exec /app.wasm')],
    ['a runtime with a .wasm argument', linux('wasmtime', 'run', '/app.wasm')],
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
    ['a name that ends in wasm without a dot', linux('/notwasm')],
    [
      'an encrypted layer',
      { ...linux('/server'), layers: ['application/vnd.oci.image.layer.v1.tar+gzip+encrypted'] },
    ],
  ])('%s is a container', (_case, sketch) => {
    expect(detectWasm(imageFacts(sketch)).kind).toBe('container');
  });
});

const PROXY_LAYER = 'application/vnd.module.wasm.content.layer.v1+wasm';

describe('artifacts that are not workloads', () => {
  test.each<[string, ImageSketch, string | null]>([
    ['a Helm chart', { configType: 'application/vnd.cncf.helm.config.v1+json' }, null],
    ['a Spin 1 application', { configType: 'application/vnd.fermyon.spin.application.v1+config' }, 'spin-v1'],
    ['a wasmCloud actor', { configType: 'application/vnd.wasmcloud.actor.archive.config' }, 'wasmcloud'],
    [
      'a wasmCloud provider',
      {
        configType: 'application/vnd.wasmcloud.provider.archive.config',
        layers: ['application/vnd.wasmcloud.provider.archive.layer.v1+par'],
      },
      'wasmcloud',
    ],
    [
      'a wasmCloud actor, whose layer is that of a proxy plugin',
      { configType: 'application/vnd.wasmcloud.actor.archive.config', layers: [PROXY_LAYER] },
      'wasmcloud',
    ],
    [
      'a proxy-wasm plugin by its config',
      { configType: 'application/vnd.module.wasm.config.v1+json', layers: [PROXY_LAYER] },
      'proxy-wasm',
    ],
    [
      'a proxy-wasm plugin by its layer alone',
      {
        configType: 'application/vnd.unknown.config.v1+json',
        layers: ['application/vnd.module.wasm.config.v1+json', PROXY_LAYER],
      },
      'proxy-wasm',
    ],
    [
      'an attestation as BuildKit before 0.32 wrote it',
      { config: { os: 'unknown', architecture: 'unknown' }, layers: ['application/vnd.in-toto+json'] },
      null,
    ],
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
      artifact({ os: 'wasip2', component: { exports: ['demo:greeter/greet@0.1.0'], imports: [] } }),
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
      'an artifact of some type',
      { configType: 'application/vnd.example.model.v1', layers: ['text/plain'] },
      null,
    ],
    [
      'a bare Wasm file as oras pushes it',
      { configType: 'application/vnd.oci.empty.v1+json', layers: ['application/wasm'] },
      null,
    ],
    ['two Wasm layers', { ...RUNWASI_LAYER, layers: ['application/wasm', 'application/wasm'] }, null],
  ])('%s', (_case, sketch, flavour) => {
    expect(detectWasm(imageFacts(sketch))).toMatchObject({ kind: 'not-a-workload', flavour });
  });
});

describe('unknown', () => {
  test.each<[string, ImageSketch, string]>([
    [
      'js/wasm',
      { config: { os: 'js', architecture: 'wasm', config: { Entrypoint: ['/main.wasm'] } } },
      'JavaScript',
    ],
    ['an image config without a platform', { config: {} }, 'neither'],
    [
      'platform unknown',
      { config: { os: 'unknown', architecture: 'unknown', config: { Cmd: ['/a'] } } },
      'unknown',
    ],
    [
      'a Wasm platform without files or a known Wasm layer',
      { ...wasi('/app.wasm'), layers: ['application/vnd.wasm.content.layer.v1+wasm'] },
      'neither a file-system layer',
    ],
    ['a CNCF artifact with an empty config', { ...OCI_MODULE, config: {} }, 'architecture ""'],
    [
      'a CNCF artifact for wasm32',
      { ...OCI_MODULE, config: { os: 'wasip1', architecture: 'wasm32' } },
      '"wasm32"',
    ],
    ['the command of a Spin application on an image for Linux', linux('/'), 'only Spin and slight'],
    [
      'a Wasm layer under architecture wasm32',
      { ...RUNWASI_LAYER, config: { os: 'wasi', architecture: 'wasm32', config: {} } },
      'wasm32',
    ],
    [
      'a CNCF artifact with two layers',
      { ...OCI_MODULE, layers: ['application/wasm', 'application/wasm'] },
      'exactly one',
    ],
    [
      'a component that no known host starts',
      artifact({ os: 'wasip2', component: { exports: ['a:b/c'], imports: ['d:e/f'] } }),
      'exports neither',
    ],
  ])('%s', (_case, sketch, detail) => {
    const verdict = detectWasm(imageFacts(sketch));
    expect(verdict).toMatchObject({ kind: 'unknown', reason: 'unsupported' });
    expect(verdict).toHaveProperty('detail', expect.stringContaining(detail));
  });

  test('an index whose children differ, with nodes for both', () => {
    expect(detectWasm(imageFacts(linux('/server'), linux('/app.wasm'))).kind).toBe('unknown');
    expect(detectWasm(imageFacts(linux('/app.wasm'), linux('/app.wasm'))).kind).toBe('wasm');
  });
});

describe("the Pod's command overrides the image's", () => {
  test.each([
    ['command over ENTRYPOINT', { command: ['/server'] }, 'container', null],
    ['a .wasm command', { command: ['/other.wasm'] }, 'wasm', 'pod.command[0]'],
    ['args do not replace ENTRYPOINT', { args: ['--port', '80'] }, 'wasm', 'config.Entrypoint[0]'],
    ['an empty command counts as none', { command: [] }, 'wasm', 'config.Entrypoint[0]'],
    ['null counts as none', { command: null, args: null }, 'wasm', 'config.Entrypoint[0]'],
    ['a variable', { command: ['$(PROGRAM)'] }, 'unknown', 'pod.command[0]'],
    ['a variable before a known file name', { command: ['$(FOLDER)/app.wasm'] }, 'wasm', 'pod.command[0]'],
    [
      'a variable with its value',
      { command: ['$(PROGRAM)'], env: [{ name: 'PROGRAM', value: '/server' }] },
      'container',
      null,
    ],
    ['an escaped variable is plain text', { command: ['$$(PROGRAM)'] }, 'container', null],
  ])('%s', (_case, override, kind, field) => {
    const verdict = detectWasm(imageFacts(linux('/app.wasm')), override);
    expect(verdict.kind).toBe(kind);
    if (field !== null) expect(verdict.evidence.map((row) => row.field)).toContain(field);
  });
});

const FILE = '/app.wasm';
const LABELLED: ImageSketch = {
  config: {
    os: 'linux',
    architecture: 'amd64',
    config: { Entrypoint: ['/app'], Labels: { [VARIANT]: 'compat' } },
  },
};
const WKG_CORE_MODULE = artifact({ os: 'wasip2', component: { exports: [], imports: [] } });
const LAYER = digestOf('layer 0');
const NO_HOST = { '/spin.toml': 'absent', '/slightfile.toml': 'absent' } as const;
const NOTHING_TO_START: ImageSketch = { config: { os: 'wasi', architecture: 'wasm', config: {} } };

describe('the layers decide', () => {
  test.each<[string, ImageSketch, ImageSketch['contents'], string, string | null]>([
    ['a module', wasi(FILE), { [FILE]: 'module' }, 'wasi-image', 'module'],
    ['a component', linux(FILE), { [FILE]: 'component' }, 'wasm-entrypoint', 'component'],
    ['a function of a module', linux('/app.wasm#main'), { [FILE]: 'module' }, 'wasm-entrypoint', 'module'],
    ['a file by its bare name', linux('app.wasm'), { '//app.wasm': 'module' }, 'wasm-entrypoint', 'module'],
    ['a Wasm layer', RUNWASI_LAYER, { [LAYER]: 'component' }, 'runwasi-oci', 'component'],
    [
      'a module that wkg labels as a component',
      WKG_CORE_MODULE,
      { [LAYER]: 'module' },
      'oci-module',
      'module',
    ],
    ['a file that is neither', wasi(FILE), { [FILE]: 'other' }, 'wasi-image', null],
    ['a missing file, which a volume may hold', linux(FILE), { [FILE]: 'absent' }, 'wasm-entrypoint', null],
    ['a hidden file', wasi(FILE), { [FILE]: 'hidden' }, 'wasi-image', null],
    ['a Wasm file under any name', linux('/app'), { '/app': 'module' }, 'wasm-entrypoint', 'module'],
    ['a correct label', LABELLED, { '/app': 'module' }, 'annotated-image', 'module'],
    ['Spin', NOTHING_TO_START, { '/spin.toml': 'other' }, 'spin-rootfs', 'application'],
    ['Spin, started by "/"', wasi('/'), { '/spin.toml': 'other' }, 'spin-rootfs', 'application'],
    ['Spin for Linux', linux(), { '/spin.toml': 'other' }, 'spin-rootfs', 'application'],
    ['Spin for Linux, started by "/"', linux('/'), { '/spin.toml': 'other' }, 'spin-rootfs', 'application'],
    [
      'Spin, started by its manifest',
      wasi('/spin.toml'),
      { '/spin.toml': 'other' },
      'spin-rootfs',
      'application',
    ],
    [
      'Spin for Linux by its manifest',
      linux('/spin.toml'),
      { '/spin.toml': 'other' },
      'spin-rootfs',
      'application',
    ],
    [
      'slight for Linux by its manifest',
      linux('//slightfile.toml'),
      { '/spin.toml': 'absent', '/slightfile.toml': 'other' },
      'slight-app',
      'application',
    ],
    [
      'Spin with one of its files as the entrypoint',
      wasi(FILE),
      { [FILE]: 'module', '/spin.toml': 'other' },
      'spin-rootfs',
      'application',
    ],
    [
      'slight',
      NOTHING_TO_START,
      { '/spin.toml': 'absent', '/slightfile.toml': 'other' },
      'slight-app',
      'application',
    ],
    ['neither', NOTHING_TO_START, NO_HOST, 'wasi-image', null],
    ['neither in the part that was read', NOTHING_TO_START, { '/spin.toml': 'hidden' }, 'spin-rootfs', null],
  ])('%s', (_case, sketch, contents, flavour, shape) => {
    const verdict = detectWasm(imageFacts({ ...sketch, ...(contents === undefined ? {} : { contents }) }));
    expect(verdict).toMatchObject({ kind: 'wasm', flavour, shape });
  });

  test.each<[string, ImageSketch, ImageSketch['contents']]>([
    ['a Linux program under the name of a Wasm file', linux(FILE), { [FILE]: 'elf' }],
    ['a script under that name', wasi(FILE), { [FILE]: 'script' }],
    ['an inherited label', LABELLED, { '/app': 'elf' }],
    ['an image without a command and without Spin', linux(), NO_HOST],
  ])('%s is a container', (_case, sketch, contents = {}) => {
    const verdict = detectWasm(imageFacts({ ...sketch, contents }));
    expect(verdict.kind).toBe('container');
  });

  test('a component without exports cannot start', () => {
    const verdict = detectWasm(imageFacts({ ...WKG_CORE_MODULE, contents: { [LAYER]: 'component' } }));
    expect(verdict).toMatchObject({
      kind: 'unknown',
      detail: expect.stringContaining('exports nothing') as string,
    });
  });

  test('file and first bytes are evidence', () => {
    const { evidence } = detectWasm(imageFacts({ ...wasi(FILE), contents: { [FILE]: 'component' } }));
    expect(evidence).toContainEqual({
      field: 'layers["/app.wasm"]',
      value: 'component',
      meaning: 'its first bytes are those of a component',
    });
  });

  test('an image counts as hostless only if both manifests were searched for', () => {
    const contents = { [FILE]: 'module', ...NO_HOST } as const;
    expect(detectWasm(imageFacts({ ...wasi(FILE), contents }))).toMatchObject({ isHostless: true });
    const half = detectWasm(imageFacts({ ...wasi(FILE), contents: { ...contents, '/spin.toml': 'hidden' } }));
    expect(half).not.toHaveProperty('isHostless');
  });
});

describe('behind an index', () => {
  const indexed = (sketch: ImageSketch): ImageFacts => ({
    ...imageFacts(sketch),
    digest: digestOf('an index'),
    mediaType: OCI_INDEX,
  });

  test.each<[string, ImageSketch]>([
    ['a CNCF artifact', OCI_COMPONENT],
    ['a runwasi layer', RUNWASI_LAYER],
    ['a Spin application', SPIN_APP],
  ])('%s is not found by any shim', (_case, sketch) => {
    expect(detectWasm(indexed(sketch))).toMatchObject({ kind: 'wasm', isBehindIndex: true });
    expect(detectWasm(imageFacts(sketch))).not.toHaveProperty('isBehindIndex');
  });

  test('a file-system layer is found', () => {
    expect(detectWasm(indexed(linux(FILE)))).not.toHaveProperty('isBehindIndex');
  });
});

test('an index that no node can pull has its own flavour', () => {
  const facts = imageFacts(wasi('/app.wasm'));
  const pull = { ok: false, cause: 'no-platform', platforms: [], insteadUse: facts.digest } as const;
  expect(detectWasm({ ...facts, pull })).toMatchObject({ kind: 'wasm', flavour: 'wasi-index' });
});

test('every verdict on a readable image names its evidence', () => {
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

test('signals have unique ids, and each names its source', () => {
  expect(new Set(SIGNALS.map((signal) => signal.id)).size).toBe(SIGNALS.length);
  expect(SIGNALS.every((signal) => signal.source.length > 0)).toBe(true);
});
