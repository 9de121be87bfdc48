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

/** Returns a cluster with a single class, which has this handler. */
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

describe("an operator's profile of a handler", () => {
  test('makes wasmgate choose an unknown handler', () => {
    expect(decide('in-house', app).runtimeClass.origin).toBe('none');
    const decision = decide('in-house', app, { handlers: { 'in-house': { like: 'wasmtime' } } });
    expect(decision.runtimeClass).toMatchObject({ origin: 'chosen', class: { handler: 'in-house' } });
  });

  test('denies components on "wasm" if it is configured like WasmEdge', () => {
    const named = { ...component, spec: { runtimeClassName: 'only' } };
    expect(ids(decide('wasm', named))).not.toContain('handler-cannot-run-image');
    const decision = decide('wasm', named, { handlers: { wasm: { like: 'wasmedge' } } });
    expect(ids(decision)).toContain('handler-cannot-run-image');
    expect(decision.findings[0]?.detail).toContain(
      'the WasmEdge shim of RuntimeClass "only" runs core modules only',
    );
  });

  test('chooses crun without a warning if its annotation arrives', () => {
    expect(ids(decide('crun', app))).toContain('annotation-delivery-unknown');
    const decision = decide('crun', app, { handlers: { crun: { like: 'crun', annotationArrives: true } } });
    expect(decision.runtimeClass.origin).toBe('chosen');
    expect(ids(decision)).not.toContain('annotation-delivery-unknown');
    expect(decision.changes.map(({ path }) => path)).toContain(
      '/metadata/annotations/module.wasm.image~1variant',
    );
  });

  test('does not choose crun for a file that its suffix test misses', () => {
    const other = { containers: [{ image: 'app', command: ['/app.WASM'] }] };
    const decision = decide('crun', other, { handlers: { crun: { like: 'crun', annotationArrives: true } } });
    expect(decision.runtimeClass.origin).toBe('none');
  });

  test('confirms that nodes unpack images for other platforms', () => {
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
  ])('%s: a build with a feature that others lack has no finding', (_case, traits, sketch, id) => {
    const like = 'like' in traits ? 'spin' : 'wasmtime';
    expect(ids(decide(like, sketch))).toContain(id);
    const handlers = { [like]: { like, ...traits } };
    expect(ids(decide(like, sketch, { handlers }))).not.toContain(id);
  });

  test('sets its name in messages', () => {
    const handlers = { wasmtime: { like: 'wasmedge', title: 'our own shim' } };
    const decision = decide('wasmtime', { ...component, spec: { runtimeClassName: 'only' } }, { handlers });
    expect(decision.findings[0]?.detail).toContain(
      'our own shim of RuntimeClass "only" runs core modules only',
    );
  });
});

describe('names of handlers', () => {
  const own = handlerTable({
    handlers: { spin: { like: 'spin', tty: true }, 'spin-v0-15-1': { like: 'wasmtime' } },
  });

  test.each([
    ['spin', 'spin', 'spin'],
    ['a release of a configured handler', 'spin-v2', 'spin'],
    ['an exact name before its release', 'spin-v0-15-1', 'spin-v0-15-1'],
    ['any other handler', 'wasmtime-v1', 'wasmtime'],
  ])('%s', (_case, handler, expected) => {
    expect(own.profileOf(handler)?.name).toBe(expected);
  });

  test('defaults to the traits of the handler that it is like', () => {
    expect(own.profileOf('spin')).toEqual({ ...BUILT_IN.profileOf('spin'), ttyUnsupported: false });
    expect(own.profileOf('spin-v0-15-1')).toEqual({
      ...BUILT_IN.profileOf('wasmtime'),
      name: 'spin-v0-15-1',
    });
    expect(own.profiles).toHaveLength(BUILT_IN.profiles.length + 1);
  });

  test('creates one table for each configuration', () => {
    const { handlers } = settings({ handlers: { x: { like: 'spin' } } });
    expect(handlerTable({ handlers })).toBe(handlerTable({ handlers }));
    expect(handlerTable(settings())).toBe(BUILT_IN);
  });
});
