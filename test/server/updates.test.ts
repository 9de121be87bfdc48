import { describe, expect, test } from 'vitest';
import type { Container, PodSpec } from '../../src/pod/pod.ts';
import { putMeasuredImages, type MeasuredImage } from '../policy/measured-images.ts';
import { readReview } from '../support/admission/reviews.ts';
import { setUpImages } from '../support/images/image-stage.ts';
import { startWebhook } from '../support/server/webhook.ts';

async function setUp() {
  const stage = await setUpImages({ classes: ['wasmtime', 'crun-wasm'] });
  const { store, host } = stage.registry;
  return { ...stage, imageOf: putMeasuredImages(store, host) };
}

interface Pods {
  readonly before: PodSpec;
  readonly after: PodSpec;
  readonly subResource?: string;
}

interface Sketch {
  readonly on: string | null;
  readonly from: MeasuredImage;
  readonly to: MeasuredImage;
  readonly parts?: Partial<Container>;
}

/** Returns the response of /validate to an update of a Pod with real images. */
async function validate(makePods: (imageOf: (image: MeasuredImage) => string) => Pods) {
  const { run, imageOf } = await setUp();
  await using webhook = await startWebhook({ assess: run });
  const { before, after, subResource = '' } = makePods(imageOf);
  const { request, ...envelope } = readReview('17');
  const metadata = { name: 'app', namespace: 'default' };
  const [oldObject, object] = [before, after].map((spec) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec,
  }));
  const answer = await webhook.ask('/validate?timeout=10s', {
    ...envelope,
    request: { ...request, subResource, object, oldObject },
  });
  const warnings = (answer['warnings'] ?? []) as readonly string[];
  const { message = '' } = (answer['status'] ?? {}) as { readonly message?: string };
  return { allowed: answer['allowed'], said: [message, ...warnings].join('\n') };
}

function classOf(on: string | null): Partial<PodSpec> {
  return on === null ? {} : { runtimeClassName: on };
}

/** Updates the image, as `kubectl set image` does. */
function setImage({ on, from, to, parts = {} }: Sketch) {
  return validate((imageOf) => {
    const podOf = (image: MeasuredImage): PodSpec => ({
      ...classOf(on),
      containers: [{ name: 'app', image: imageOf(image), ...parts }],
    });
    return { before: podOf(from), after: podOf(to) };
  });
}

/** Adds an ephemeral container, as `kubectl debug` does. */
function debug({ on, from, to, parts = {} }: Sketch) {
  return validate((imageOf) => {
    const spec = { ...classOf(on), containers: [{ name: 'app', image: imageOf(from) }] };
    const added = { name: 'debugger', image: imageOf(to), ...parts };
    return {
      before: spec,
      after: { ...spec, ephemeralContainers: [added] },
      subResource: 'ephemeralcontainers',
    };
  });
}

const denied = { allowed: false };
const warned = { allowed: true };

describe('an update of an image is assessed for what it changes', () => {
  test.each<[string, Sketch, { readonly allowed: boolean }, RegExp]>([
    [
      'the kind of the image',
      { on: null, from: 'busybox', to: 'wasi' },
      denied,
      /cannot replace the old image: /,
    ],
    ['the pull', { on: 'wasmtime', from: 'wasi', to: 'index of wasi' }, denied, /cannot be pulled/],
    ['the command', { on: 'wasmtime', from: 'layer', to: 'CNCF module' }, denied, /has no entrypoint/],
    [
      'the file',
      { on: 'wasmtime', from: 'wasi', to: 'wasi, file missing' },
      warned,
      /in no layer of the image/,
    ],
    ['the handler', { on: 'wasmtime', from: 'wasi', to: 'on PATH' }, warned, /handler-may-not-run-image/],
    ['WebAssembly text', { on: 'wasmtime', from: 'wasi', to: 'linux, text' }, denied, /text/],
  ])('%s', async (_case, sketch, answer, said) => {
    const found = await setImage(sketch);
    expect(found).toMatchObject(answer);
    expect(found.said).toMatch(said);
  });

  test('an image of the same kind is admitted without a warning', async () => {
    expect(await setImage({ on: 'wasmtime', from: 'wasi', to: 'linux' })).toEqual({
      allowed: true,
      said: '',
    });
  });
});

describe('an ephemeral container is assessed', () => {
  test.each<[string, Sketch, { readonly allowed: boolean }, RegExp]>([
    ['for its kind', { on: null, from: 'busybox', to: 'wasi' }, denied, /cannot run: /],
    ['for its class', { on: 'crun-wasm', from: 'wasi', to: 'busybox' }, denied, /cannot run: /],
    ['for its pull', { on: 'wasmtime', from: 'wasi', to: 'index of wasi' }, denied, /cannot be pulled/],
    [
      'for the command of its image',
      { on: 'wasmtime', from: 'wasi', to: 'CNCF module' },
      denied,
      /has no entrypoint/,
    ],
    [
      'for its terminal',
      { on: 'wasmtime', from: 'wasi', to: 'busybox', parts: { tty: true } },
      warned,
      /sets tty/,
    ],
    [
      'for the command of the container',
      { on: 'wasmtime', from: 'wasi', to: 'wasi', parts: { command: ['/nope.wasm'] } },
      warned,
      /in no layer of the image/,
    ],
  ])('%s', async (_case, sketch, answer, said) => {
    const found = await debug(sketch);
    expect(found).toMatchObject(answer);
    expect(found.said).toMatch(said);
  });

  test('an ephemeral container that can run is admitted without a warning', async () => {
    expect(await debug({ on: 'wasmtime', from: 'wasi', to: 'busybox' })).toEqual({ allowed: true, said: '' });
  });
});

describe('an update of a workload', () => {
  async function update(change: (template: object) => object, labels: Readonly<Record<string, string>> = {}) {
    const { run, imageOf, registry } = await setUp();
    await using webhook = await startWebhook({ assess: run });
    const { request, ...envelope } = readReview('01');
    const containers = [{ name: 'app', image: imageOf('wasi') }];
    const template = { metadata: {}, spec: { containers, runtimeClassName: 'gone' } };
    const oldObject = { metadata: { name: 'web' }, spec: { replicas: 1, template } };
    const object = { metadata: { name: 'web', labels }, spec: { replicas: 2, template: change(template) } };
    const answer = await webhook.ask('/validate', {
      ...envelope,
      request: { ...request, operation: 'UPDATE', object, oldObject },
    });
    return { answer, requests: registry.log.length };
  }

  test('with an unchanged Pod template is admitted without a warning or a registry request', async () => {
    const { answer, requests } = await update((template) => structuredClone(template), { team: 'a' });
    expect(answer).toMatchObject({ allowed: true });
    expect(answer).not.toHaveProperty('warnings');
    expect(requests).toBe(0);
  });

  test('with a changed Pod template gets a warning', async () => {
    const { answer, requests } = await update((template) => ({
      ...template,
      metadata: { labels: { version: '2' } },
    }));
    expect(answer['warnings']).toContainEqual(expect.stringContaining('RuntimeClass "gone" does not exist'));
    expect(requests).toBeGreaterThan(0);
  });
});
