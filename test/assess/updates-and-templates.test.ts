import { describe, expect, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { type AssessmentRequest, type AssessPod, createDeadline } from '../../src/assess/assessment.ts';
import type { ClusterPort } from '../../src/assess/ports.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import type { Pod } from '../../src/pod/pod.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { putLayeredImage, type LayeredImage } from '../support/image/layered-image.ts';
import { COMPONENT, ELF, hasGnuTar, MODULE } from '../support/image/tar.ts';
import { cluster, pod, runtimeClass, settings } from '../support/pod/pods.ts';
import { useRegistry } from '../support/registry/use-registry.ts';

const { registry, client } = await useRegistry({ images: putFixtureImages });

interface Setup {
  readonly policy?: Partial<PolicySettings>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly port?: Partial<ClusterPort>;
  /** Pull secrets of the namespace's default ServiceAccount. */
  readonly accountSecrets?: readonly string[];
}

/** One use case with one catalog, as in `serve`. */
function start({ policy = {}, labels = {}, port = {}, accountSecrets = [] }: Setup = {}): AssessPod {
  const { logger } = createRecordingLogger();
  const namespace = { name: 'default', labels };
  const view = cluster(['crun-wasm', 'wasmedge', 'wasmtime'].map((name) => runtimeClass(name)));
  const namespaces = { namespace: () => namespace, fetchNamespace: () => Promise.resolve(namespace) };
  const serviceAccounts = { pullSecrets: () => Promise.resolve(accountSecrets) };
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  return createAssessPod(
    { catalog, cluster: clusterPort(view, { ...namespaces, ...port }), logger, serviceAccounts },
    { policy: settings(policy), ownNamespace: 'wasmgate-system' },
  );
}

function ask(assess: AssessPod, subject: Pod, parts: Partial<AssessmentRequest> = {}): ReturnType<AssessPod> {
  const deadline = createDeadline(60_000);
  return assess({ subject: 'pod', pod: subject, namespace: 'default', step: 'validate', deadline, ...parts });
}

function image(name: string): string {
  return `${registry.host}/corpus/${name}:latest`;
}

const WASM = 'bk-linux-wasm-entrypoint-label';
const LINUX = 'linux-plain';

function podOf(...images: readonly string[]): Pod {
  return pod({ containers: images.map((name) => ({ image: image(name) })) });
}

describe('an update', () => {
  test('to an image that the Pod’s class cannot run is denied, and nothing changes', async () => {
    const assessment = await ask(start(), podOf(WASM), { previous: podOf(LINUX) });
    expect(assessment).toMatchObject({
      isBinding: true,
      outcome: { mode: 'enforce', denials: [{ id: 'image-changed-kind' }], changes: [] },
    });
  });

  test('is reported in modes warn and audit', async () => {
    for (const mode of ['warn', 'audit']) {
      const assess = start({ labels: { 'wasmgate.dev/mode': mode } });
      expect(await ask(assess, podOf(WASM), { previous: podOf(LINUX) })).toMatchObject({
        outcome: { mode, denials: [], withheld: { denials: [{ id: 'image-changed-kind' }] } },
      });
    }
  });

  test('looks up only new images, and those that they replace', async () => {
    const asked = registry.log.length;
    const before = podOf('spin-v2-app', LINUX);
    const assessment = await ask(start(), podOf('spin-v2-app', 'linux-sh-c-wasm'), { previous: before });
    expect(assessment).toMatchObject({ decision: { findings: [] } });
    const paths = registry.log.slice(asked).map(({ path }) => path);
    expect(paths.some((path) => path.includes(LINUX))).toBe(true);
    expect(paths.filter((path) => path.includes('spin-v2-app'))).toEqual([]);
  });

  test('without a new image causes no lookup and no finding', async () => {
    const asked = registry.log.length;
    expect(await ask(start(), podOf(WASM), { previous: podOf(WASM) })).toMatchObject({
      decision: { findings: [], changes: [] },
    });
    expect(registry.log).toHaveLength(asked);
  });

  test('of a Pod that is being deleted is out of scope', async () => {
    const ending = podOf(WASM);
    const deleted = {
      ...ending,
      metadata: { ...ending.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    };
    expect(await ask(start(), deleted, { previous: podOf(LINUX) })).toMatchObject({ kind: 'skipped' });
  });
});

describe.skipIf(!hasGnuTar)('an update whose decision depends on the images’ layers', () => {
  const holding = (file: string, content: Uint8Array): LayeredImage => ({
    config: { Entrypoint: [`/${file}`] },
    layers: [{ tree: { [file]: content } }],
  });
  const HELD = {
    module: holding('app.wasm', MODULE),
    component: holding('app.wasm', COMPONENT),
    program: holding('app', ELF),
    'module under any name': holding('app', MODULE),
  };
  type Held = keyof typeof HELD;

  function put(held: Held, tag: string): string {
    const name = `updates/${held.replaceAll(' ', '-')}:${tag}`;
    putLayeredImage(registry.store, name, HELD[held]);
    return `${registry.host}/${name}`;
  }

  function podUnder(runtimeClassName: string, reference: string): Pod {
    return pod({ containers: [{ image: reference }], spec: { runtimeClassName } });
  }

  async function denialsOf(setup: Setup, after: Pod, previous: Pod): Promise<readonly string[]> {
    const assessment = await ask(start(setup), after, { previous });
    return assessment.kind === 'decided' ? assessment.outcome.denials.map(({ id }) => id) : [];
  }

  test.each<[string, Held, Held, readonly string[], readonly string[]]>([
    ['wasmedge', 'module', 'component', ['image-changed-kind'], []],
    ['wasmedge', 'component', 'component', [], []],
    ['wasmedge', 'component', 'module', [], []],
    ['wasmtime', 'module', 'component', [], []],
    ['crun-wasm', 'module', 'program', ['image-changed-kind'], ['image-changed-kind']],
    ['crun-wasm', 'module', 'module under any name', [], ['image-changed-kind']],
    ['crun-wasm', 'program', 'program', [], []],
  ])(
    'under %s from a %s to a %s: %j, and without reading layers %j',
    async (runtimeClassName, from, to, seen, unseen) => {
      const [before, after] = [
        podUnder(runtimeClassName, put(from, 'before')),
        podUnder(runtimeClassName, put(to, 'after')),
      ];
      expect(await denialsOf({}, after, before)).toEqual(seen);
      expect(await denialsOf({ policy: { peek: 'off' } }, after, before)).toEqual(unseen);
    },
  );

  test.each<[Held, readonly string[]]>([
    ['program', ['ephemeral-container-cannot-run']],
    ['module under any name', []],
  ])('an ephemeral container with a %s under crun-wasm: %j', async (held, expected) => {
    const spec = { runtimeClassName: 'crun-wasm' };
    const containers = [{ image: put('module', 'beside') }];
    const ephemeralContainers = [{ name: 'debugger', image: put(held, 'debugger') }];
    const after = pod({ containers, spec: { ...spec, ephemeralContainers } });
    expect(await denialsOf({}, after, pod({ containers, spec }))).toEqual(expected);
  });

  test('the layers of both images are read once', async () => {
    const before = podUnder('wasmtime', put('module', 'one'));
    const after = podUnder('wasmtime', put('component', 'two'));
    const asked = registry.log.length;
    expect(await denialsOf({}, after, before)).toEqual([]);
    // A manifest, a config and the head of a layer of each.
    expect(registry.log).toHaveLength(asked + 6);
    expect(await denialsOf({}, after, before)).toEqual([]);
  });
});

describe('a template', () => {
  const doomed = pod({ containers: [{ image: 'x' }], spec: { runtimeClassName: 'gone' } });

  test.each([
    [false, false, false],
    [true, false, true],
    [true, true, false],
  ])(
    'with policy.refuseTemplates %s, and written by a controller %s, its denials are binding: %s',
    async (refuseTemplates, isControlled, isBinding) => {
      const assess = start({ policy: { refuseTemplates } });
      const assessment = await ask(assess, doomed, { subject: 'template', isControlled });
      expect(assessment).toMatchObject({
        isBinding,
        outcome: { denials: [{ id: 'runtime-class-missing' }] },
      });
    },
  );

  test.each<[string, Setup, Partial<Pod['spec']>]>([
    ['without secrets', {}, {}],
    // The ServiceAccount plugin has added them to the Pod before the webhook sees it.
    [
      'with its account’s secrets',
      { accountSecrets: ['a', 'b'] },
      { imagePullSecrets: [{ name: 'a' }, { name: 'b' }] },
    ],
  ])('shares its lookups with its Pods: %s', async (_case, setup, added) => {
    const assess = start(setup);
    await ask(assess, podOf(WASM), { subject: 'template' });
    const asked = registry.log.length;
    const made = podOf(WASM);
    const assessment = await ask(assess, { ...made, spec: { ...made.spec, ...added } }, { step: 'mutate' });
    expect(assessment).toMatchObject({ containers: [{ verdict: { kind: 'wasm' } }] });
    expect(registry.log).toHaveLength(asked);
  });
});

test.each([
  ['stale, and cannot be listed', true],
  ['current', false],
])('a class is injected while the RuntimeClasses are %s', async (_case, isStale) => {
  const fetchView = () => Promise.reject(new Error('API server away'));
  const assess = start({ port: { hasStaleClasses: () => isStale, fetchView } });
  const assessment = await ask(assess, podOf(WASM), { step: 'mutate' });
  const changes = assessment.kind === 'decided' ? assessment.outcome.changes : [];
  expect(changes.filter(({ path }) => path === '/spec/runtimeClassName')).toHaveLength(1);
});
