import type { RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAssessPod } from '../../src/assess/assess-pod.ts';
import { type DecidedAssessment, createDeadline, type Deadline } from '../../src/assess/assessment.ts';
import { createImageCatalog } from '../../src/images/image-catalog.ts';
import type { ClusterView } from '../../src/policy/facts.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { createRegistryClient } from '../../src/registry/client.ts';
import { clusterPort } from '../support/assess/cluster-port.ts';
import { NO_ACCOUNT_SECRETS, NO_PULL_SECRETS } from '../support/assess/no-pull-secrets.ts';
import { createRecordingLogger } from '../support/assess/recording-logger.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { putLayeredImage, type LayeredImage } from '../support/image/layered-image.ts';
import { COMPONENT, ELF, hasGnuTar, MODULE } from '../support/image/tar.ts';
import { cluster, pod, runtimeClass, settings, type PodSketch } from '../support/pod/pods.ts';
import { startRegistry, type TestRegistry } from '../support/registry/registry.ts';

interface Setup {
  readonly classes: readonly string[];
  /** Classes of the live list, if they differ from the watch's. */
  readonly live?: readonly string[];
  readonly policy?: Partial<PolicySettings>;
  readonly faults?: (handler: RequestListener) => RequestListener;
}

interface Stage {
  readonly registry: TestRegistry;
  readonly put: (image: LayeredImage) => string;
  readonly image: (fixture: string) => string;
  readonly assess: (sketch: PodSketch, deadline?: Deadline) => Promise<DecidedAssessment>;
  /** Returns the requests for layers so far; manifest and config cost two. */
  readonly looks: () => number;
}

function viewOf(classes: readonly string[]): ClusterView {
  return cluster(classes.map((name) => runtimeClass(name)));
}

/** One cluster, one registry, one cache. */
async function setUp({ classes, live, policy = {}, faults }: Setup): Promise<Stage> {
  const registry = await startRegistry({
    images: putFixtureImages,
    ...(faults === undefined ? {} : { faults }),
  });
  const client = createRegistryClient(
    { sleep: () => Promise.resolve() },
    { plainHttp: [], allowAddresses: [], allowLoopback: true },
  );
  onTestFinished(async () => {
    await client.close();
    await registry.close();
  });
  let put = 1;
  const { logger } = createRecordingLogger();
  const latest = live === undefined ? {} : { fetchView: () => Promise.resolve(viewOf(live)) };
  const port = clusterPort(viewOf(classes), latest);
  const catalog = createImageCatalog({ registry: client, pullSecrets: NO_PULL_SECRETS, logger });
  const run = createAssessPod(
    { catalog, cluster: port, serviceAccounts: NO_ACCOUNT_SECRETS, logger },
    { policy: settings(policy), ownNamespace: 'wasmgate-system' },
  );
  return {
    registry,
    put: (sketch) => {
      const name = `layered/app:${put++}`;
      putLayeredImage(registry.store, name, sketch);
      return `${registry.host}/${name}`;
    },
    image: (fixture) => `${registry.host}/corpus/${fixture}:latest`,
    assess: async (sketch, deadline = createDeadline(60_000)) => {
      const assessment = await run({
        subject: 'pod',
        pod: pod(sketch),
        namespace: 'default',
        step: 'mutate',
        deadline,
      });
      if (assessment.kind !== 'decided') throw new Error('the Pod was not judged');
      return assessment;
    },
    looks: () => registry.log.length - 2,
  };
}

function classOf({ decision }: DecidedAssessment): string | undefined {
  return decision.runtimeClass.class?.name;
}

function denials({ outcome }: DecidedAssessment): readonly string[] {
  return outcome.denials.map(({ id }) => id);
}

const start = (...entrypoint: readonly string[]): object => ({ Entrypoint: entrypoint });
const module: LayeredImage = { config: start('/app.wasm'), layers: [{ tree: { 'app.wasm': MODULE } }] };
const component: LayeredImage = { config: start('/app.wasm'), layers: [{ tree: { 'app.wasm': COMPONENT } }] };
const unnamed: LayeredImage = { config: start('/app'), layers: [{ tree: { app: MODULE } }] };
/** Only the file's bytes show Wasm, and the image is not small. */
const hidden: LayeredImage = {
  config: start('/app'),
  layers: [{ tree: { app: MODULE } }, ...['a', 'b', 'c'].map((name) => ({ tree: { [name]: name } }))],
};
const program: LayeredImage = { config: start('/app'), layers: [{ tree: { app: ELF } }] };

describe.skipIf(!hasGnuTar)('layers are read if they could change the decision', () => {
  test('and once even if one class runs both modules and components', async () => {
    const { put, assess, looks } = await setUp({ classes: ['wasmtime'] });
    const sketch = { containers: [{ image: put(component) }] };
    expect(classOf(await assess(sketch))).toBe('wasmtime');
    expect(classOf(await assess(sketch))).toBe('wasmtime');
    expect(looks()).toBe(1);
  });

  test.for([
    ['a module', module, 'wasmedge'],
    ['a component', component, 'wasmtime'],
  ] as const)('%s gets the class that runs it, and is looked into once', async ([, image, expected]) => {
    const { put, assess, looks } = await setUp({ classes: ['wasmedge', 'wasmtime'] });
    const sketch = { containers: [{ image: put(image) }] };
    expect(classOf(await assess(sketch))).toBe(expected);
    expect(looks()).toBe(1);
    expect(classOf(await assess(sketch))).toBe(expected);
    expect(looks()).toBe(1);
  });

  test('and once for concurrent equal Pods', async () => {
    const { put, assess, looks } = await setUp({ classes: ['wasmedge', 'wasmtime'] });
    const sketch = { containers: [{ image: put(component) }] };
    const all = await Promise.all(Array.from({ length: 50 }, () => assess(sketch)));
    expect(new Set(all.map(classOf))).toEqual(new Set(['wasmtime']));
    expect(looks()).toBe(1);
  });

  test('unless peek is off: then the chosen class runs both modules and components', async () => {
    const { put, assess, looks } = await setUp({
      classes: ['wasmedge', 'wasmtime'],
      policy: { peek: 'off' },
    });
    expect(classOf(await assess({ containers: [{ image: put(component) }] }))).toBe('wasmtime');
    expect(looks()).toBe(0);
  });

  test('a component under a class that runs only modules is denied', async () => {
    const { put, assess } = await setUp({ classes: ['wasmedge'] });
    const spec = { runtimeClassName: 'wasmedge' };
    expect(denials(await assess({ containers: [{ image: put(component) }], spec }))).toEqual([
      'handler-cannot-run-image',
    ]);
    expect(denials(await assess({ containers: [{ image: put(module) }], spec }))).toEqual([]);
  });

  test('Spin and slight are distinguished, and get their command', async () => {
    for (const [fixture, expected] of [
      ['spin-rootfs-wasi', 'spin'],
      ['slight-wasi', 'slight'],
    ] as const) {
      const { image, assess } = await setUp({ classes: ['slight', 'spin', 'wasmtime'] });
      const assessment = await assess({ containers: [{ image: image(fixture) }] });
      expect(classOf(assessment)).toBe(expected);
      expect(assessment.decision.changes).toContainEqual(
        expect.objectContaining({ path: '/spec/containers/0/command', value: ['/'] }),
      );
    }
  });

  test('Spin for Linux is found, although only its missing command hints at it', async () => {
    const { put, assess } = await setUp({ classes: ['spin'] });
    const image = put({ layers: [{ tree: { 'spin.toml': '' } }] });
    expect(classOf(await assess({ containers: [{ image }] }))).toBe('spin');
    expect(classOf(await assess({ containers: [{ image: put(program) }] }))).toBeUndefined();
  });
});

describe.skipIf(!hasGnuTar)('layers are read before a Pod is denied because of an ordinary image', () => {
  test.for([
    ['a Linux program', program, ['handler-cannot-run-image']],
    ['a Wasm file under any name', unnamed, []],
  ] as const)('%s under a handler that takes all for Wasm', async ([, image, expected]) => {
    const { put, assess, looks } = await setUp({ classes: ['crun-wasm'] });
    const sketch = { containers: [{ image: put(image) }], spec: { runtimeClassName: 'crun-wasm' } };
    expect(denials(await assess(sketch))).toEqual(expected);
    expect(looks()).toBe(1);
    expect(denials(await assess(sketch))).toEqual(expected);
    expect(looks()).toBe(1);
  });

  test('and an equal Pod waits for the same read', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const faults = (handler: RequestListener): RequestListener =>
      faultyLayers((request, response) => void opened.then(() => handler(request, response)))(handler);
    const { put, assess, looks } = await setUp({ classes: ['crun-wasm'], faults });
    // Decisions on this cluster are cached from the second one on.
    const missing = { containers: [{ image: 'registry.invalid/app:1' }] };
    await assess(missing);
    await assess(missing);
    const before = looks();
    const sketch = { containers: [{ image: put(hidden) }], spec: { runtimeClassName: 'crun-wasm' } };
    const first = assess(sketch);
    await expect.poll(looks).toBe(before + 3);
    const second = assess(sketch);
    open();
    expect(denials(await second)).toEqual([]);
    expect(denials(await first)).toEqual([]);
  });

  test('a Pod that timed out is denied, and the next one waits for the same read', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const faults = (handler: RequestListener): RequestListener =>
      faultyLayers((request, response) => void opened.then(() => handler(request, response)))(handler);
    const { put, assess, looks } = await setUp({ classes: ['crun-wasm'], faults });
    const sketch = { containers: [{ image: put(hidden) }], spec: { runtimeClassName: 'crun-wasm' } };
    for (let count = 0; count < 2; count += 1) {
      const time = new AbortController();
      const hurried = assess(sketch, { signal: () => time.signal });
      await expect.poll(looks).toBe(1);
      time.abort(new DOMException('over', 'TimeoutError'));
      expect(denials(await hurried)).toEqual(['handler-cannot-run-image']);
    }
    const next = assess(sketch);
    open();
    expect(denials(await next)).toEqual([]);
  });

  test('and under a class that only the live list has', async () => {
    const { put, assess } = await setUp({ classes: [], live: ['crun-wasm'] });
    const sketch = { containers: [{ image: put(hidden) }], spec: { runtimeClassName: 'crun-wasm' } };
    expect(denials(await assess(sketch))).toEqual([]);
  });

  test('the layers of a small image are read once', async () => {
    const { put, assess, looks } = await setUp({ classes: ['wasmtime'] });
    const containers = [{ image: put(program) }];
    await assess({ containers, spec: { runtimeClassName: 'wasmtime' } });
    await assess({ containers });
    expect(looks()).toBe(1);
  });
});

/** Fails requests for layers, but not for manifests and configs. */
function faultyLayers(fault: RequestListener): (handler: RequestListener) => RequestListener {
  let blobs = 0;
  return (handler) => (request, response) => {
    // The config is the first blob of an image.
    const isLayer = (request.url ?? '').includes('/blobs/') && blobs++ > 0;
    if (isLayer) fault(request, response);
    else handler(request, response);
  };
}

describe.skipIf(!hasGnuTar)('a failed read leaves the decision unchanged', () => {
  test('and is not repeated at every admission', async () => {
    const faults = faultyLayers((_request, response) => response.writeHead(404).end());
    const { put, assess, looks } = await setUp({ classes: ['wasmedge', 'wasmtime'], faults });
    const sketch = { containers: [{ image: put(module) }] };
    expect(classOf(await assess(sketch))).toBe('wasmtime');
    expect(looks()).toBe(1);
    expect(classOf(await assess(sketch))).toBe('wasmtime');
    expect(looks()).toBe(1);
  });

  test('and a slow one is not awaited past the deadline, but serves the retry', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    let serve: RequestListener = () => undefined;
    const faults = (handler: RequestListener): RequestListener => {
      serve = handler;
      return faultyLayers((request, response) => void opened.then(() => serve(request, response)))(handler);
    };
    const { put, assess, looks } = await setUp({ classes: ['wasmedge', 'wasmtime'], faults });
    const sketch = { containers: [{ image: put(module) }] };
    const time = new AbortController();
    const answering = assess(sketch, { signal: () => time.signal });
    await expect.poll(looks).toBe(1);
    time.abort(new DOMException('over', 'TimeoutError'));
    expect(classOf(await answering)).toBe('wasmtime');
    open();
    await expect.poll(async () => classOf(await assess(sketch))).toBe('wasmedge');
  });
});
