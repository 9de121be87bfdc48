import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/policy/decision.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { type HandlerSettings, BUILT_IN, handlerTable } from '../../../src/policy/handlers/handler-table.ts';
import { linux, OCI_COMPONENT, SPIN_APP, wasi } from '../../support/image/image-facts.ts';
import {
  cluster,
  node,
  pod,
  podFacts,
  runtimeClass,
  settings,
  type PodSketch,
} from '../../support/pod/pods.ts';

const IMAGES = {
  app: linux('/app.wasm'),
  wasi: wasi('/app.wasm'),
  component: OCI_COMPONENT,
  spin: SPIN_APP,
};

interface Setup {
  readonly handlers?: HandlerSettings;
  readonly runtimeVersion?: string;
}

/** A cluster whose one class has this handler. */
function decide(handler: string, sketch: PodSketch, { handlers = {}, runtimeVersion }: Setup = {}): Decision {
  const nodes = runtimeVersion === undefined ? [] : [node('n', { runtimeVersion })];
  const view = cluster([runtimeClass('only', { handler })], nodes);
  return evaluate(podFacts(pod(sketch), IMAGES, view), settings({ handlers }));
}

function ids({ findings }: Decision): readonly string[] {
  return findings.map(({ id }) => id);
}

const app: PodSketch = { containers: [{ image: 'app' }] };
const component: PodSketch = { containers: [{ image: 'component', command: ['c.wasm'] }] };

describe('what the operator says of a handler', () => {
  test('one that nobody knows is chosen', () => {
    expect(decide('in-house', app).runtimeClass.origin).toBe('none');
    const decision = decide('in-house', app, { handlers: { 'in-house': { like: 'wasmtime' } } });
    expect(decision.runtimeClass).toMatchObject({ origin: 'chosen', class: { handler: 'in-house' } });
  });

  test('"wasm" that is really WasmEdge: components are refused for what they are', () => {
    const named = { ...component, spec: { runtimeClassName: 'only' } };
    expect(ids(decide('wasm', named))).not.toContain('handler-cannot-run-image');
    const decision = decide('wasm', named, { handlers: { wasm: { like: 'wasmedge' } } });
    expect(ids(decision)).toContain('handler-cannot-run-image');
    expect(decision.findings[0]?.detail).toContain(
      'the WasmEdge shim of RuntimeClass "only" runs core modules only',
    );
  });

  test('crun whose annotation arrives is chosen like any other, and nothing is said about it', () => {
    expect(ids(decide('crun', app))).toContain('annotation-delivery-unknown');
    const decision = decide('crun', app, { handlers: { crun: { like: 'crun', annotationArrives: true } } });
    expect(decision.runtimeClass.origin).toBe('chosen');
    expect(ids(decision)).not.toContain('annotation-delivery-unknown');
    expect(decision.changes.map(({ path }) => path)).toContain(
      '/metadata/annotations/module.wasm.image~1variant',
    );
  });

  test('but not for a file that its suffix test does not see', () => {
    const other = { containers: [{ image: 'app', command: ['/app.WASM'] }] };
    const decision = decide('crun', other, { handlers: { crun: { like: 'crun', annotationArrives: true } } });
    expect(decision.runtimeClass.origin).toBe('none');
  });

  test('nodes that unpack images for other platforms', () => {
    const setup = { runtimeVersion: 'containerd://2.3.7' };
    const sketch = { containers: [{ image: 'wasi' }] };
    expect(ids(decide('wasmtime', sketch, setup))).toContain('image-needs-unpack-setting');
    const handlers = { wasmtime: { like: 'wasmtime', unpacksWasiImages: true } };
    expect(ids(decide('wasmtime', sketch, { ...setup, handlers }))).not.toContain(
      'image-needs-unpack-setting',
    );
  });

  test.each<[string, object, PodSketch, string]>([
    ['tty', { tty: true }, { containers: [{ image: 'app', tty: true }] }, 'tty-unsupported'],
    [
      'userNamespaces',
      { userNamespaces: true },
      { ...app, spec: { hostUsers: false } },
      'user-namespace-unsupported',
    ],
    [
      'exec',
      { exec: true },
      { containers: [{ image: 'app', livenessProbe: { exec: { command: ['true'] } } }] },
      'exec-probe-unsupported',
    ],
    [
      'readOnlyRoot',
      { like: 'spin', readOnlyRoot: true },
      { containers: [{ image: 'spin', securityContext: { readOnlyRootFilesystem: true } }] },
      'read-only-root-unsupported',
    ],
  ])('%s: a build that can what others cannot', (_case, traits, sketch, id) => {
    const like = 'like' in traits ? 'spin' : 'wasmtime';
    expect(ids(decide(like, sketch))).toContain(id);
    const handlers = { [like]: { like, ...traits } };
    expect(ids(decide(like, sketch, { handlers }))).not.toContain(id);
  });

  test('what messages call it', () => {
    const handlers = { wasmtime: { like: 'wasmedge', title: 'our own shim' } };
    const decision = decide('wasmtime', { ...component, spec: { runtimeClassName: 'only' } }, { handlers });
    expect(decision.findings[0]?.detail).toContain(
      'our own shim of RuntimeClass "only" runs core modules only',
    );
  });
});

describe('names', () => {
  const own = handlerTable({
    handlers: { spin: { like: 'spin', tty: true }, 'spin-v0-15-1': { like: 'wasmtime' } },
  });

  test.each([
    ['spin', 'spin', 'spin'],
    ['a version of the operator’s', 'spin-v2', 'spin'],
    ['the exact name before the version', 'spin-v0-15-1', 'spin-v0-15-1'],
    ['all others stay', 'wasmtime-v1', 'wasmtime'],
  ])('%s', (_case, handler, expected) => {
    expect(own.profileOf(handler)?.name).toBe(expected);
  });

  test('what is left out is as in the one it is like', () => {
    expect(own.profileOf('spin')).toEqual({ ...BUILT_IN.profileOf('spin'), ttyUnsupported: false });
    expect(own.profileOf('spin-v0-15-1')).toEqual({
      ...BUILT_IN.profileOf('wasmtime'),
      name: 'spin-v0-15-1',
    });
    expect(own.profiles).toHaveLength(BUILT_IN.profiles.length + 1);
  });

  test('a table is made once for each configuration', () => {
    const { handlers } = settings({ handlers: { x: { like: 'spin' } } });
    expect(handlerTable({ handlers })).toBe(handlerTable({ handlers }));
    expect(handlerTable(settings())).toBe(BUILT_IN);
  });
});
