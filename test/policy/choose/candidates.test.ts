import { describe, expect, test } from 'vitest';
import type { ClusterNode } from '../../../src/pod/cluster-objects.ts';
import type { Decision } from '../../../src/policy/decision.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import type { HandlerSettings } from '../../../src/policy/handlers/handler-table.ts';
import { linux, SPIN_APP } from '../../support/image/image-facts.ts';
import {
  cluster,
  node,
  pod,
  podFacts,
  runtimeClass,
  settings,
  type PodSketch,
} from '../../support/pod/pods.ts';

/** A file that is known to be a module, so that nothing else favors a runtime. */
const IMAGES = {
  app: { ...linux('/app.wasm'), contents: { '/app.wasm': 'module' as const } },
  server: linux('/server'),
  spin: SPIN_APP,
};

interface Setup {
  readonly nodes?: readonly ClusterNode[];
  readonly classes?: readonly string[];
  readonly handlers?: HandlerSettings;
}

const ANNOTATED: PodSketch = {
  annotations: { 'module.wasm.image/variant': 'compat-smart' },
  containers: [{ image: 'app' }],
};

function decide(
  { nodes = [], classes = ['nvidia'], handlers = {} }: Setup,
  sketch: PodSketch = ANNOTATED,
): Decision {
  const view = cluster(
    classes.map((name) => runtimeClass(name)),
    nodes,
  );
  return evaluate(podFacts(pod(sketch), IMAGES, view), settings({ handlers }));
}

function said({ findings }: Decision): readonly string[] {
  return findings.map(({ action, id }) => `${action} ${id}`);
}

const crunOnly = node('n1', { handlers: ['crun'] });
const both = node('n2', { handlers: ['crun', 'runc'] });
const silent = node('n3');

describe('what starts a Pod without a class', () => {
  test.each<[string, Setup, readonly string[]]>([
    [
      'crun, if every node shows it and none shows runc',
      { nodes: [crunOnly] },
      ['warn annotation-delivery-unknown'],
    ],
    ['runc, if a node shows that as well', { nodes: [crunOnly, both] }, ['deny no-runtime-class-for-image']],
    ['runc, if a node shows nothing', { nodes: [crunOnly, silent] }, ['deny no-runtime-class-for-image']],
    ['runc, if no node is known', {}, ['deny no-runtime-class-for-image']],
    [
      'crun, if the operator says so',
      { nodes: [both], handlers: { '': { like: 'crun' } } },
      ['warn annotation-delivery-unknown'],
    ],
    [
      'crun that is known to get the annotation',
      { handlers: { '': { like: 'crun', annotationArrives: true } } },
      [],
    ],
    [
      'runc, if the operator says so, whatever the nodes show',
      { nodes: [crunOnly], handlers: { '': { like: 'runc' } } },
      ['deny no-runtime-class-for-image'],
    ],
  ])('%s', (_case, setup, expected) => {
    const decision = decide(setup);
    expect(said(decision)).toEqual(expected);
    expect(decision.runtimeClass).toEqual({ class: null, origin: 'none' });
  });

  test('adds the annotation if the Pod has none, and no class', () => {
    const decision = decide({ nodes: [crunOnly] }, { containers: [{ image: 'app' }] });
    const paths = decision.changes.map(({ path }) => path);
    expect(paths).toContain('/metadata/annotations/module.wasm.image~1variant');
    expect(paths).not.toContain('/spec/runtimeClassName');
  });

  test('leaves a Linux Pod unchanged', () => {
    const decision = decide({ nodes: [crunOnly] }, { containers: [{ image: 'server' }] });
    expect(decision).toMatchObject({ findings: [], changes: [] });
  });
});

describe('no class competes with the classes', () => {
  const nodes = [node('n1', { handlers: ['crun', 'wasmtime'] })];

  test('wins a tie', () => {
    const handlers = { '': { like: 'crun', annotationArrives: true } };
    expect(decide({ nodes, classes: ['wasmtime'], handlers }).runtimeClass.class).toBeNull();
  });

  test('wins a tie with a handler whose name has a release', () => {
    const given = { nodes: [node('n1', { handlers: ['spin-v2'] })], classes: ['spin-v2'] };
    const sketch = { containers: [{ image: 'spin' }] };
    expect(decide(given, sketch).runtimeClass.class?.name).toBe('spin-v2');
    const handlers = { '': { like: 'spin' } };
    expect(decide({ ...given, handlers }, sketch).runtimeClass.class).toBeNull();
  });

  test('loses to a class with fewer drawbacks', () => {
    expect(decide({ nodes, classes: ['wasmtime'] }).runtimeClass.class?.name).toBe('wasmtime');
  });
});

describe('a cluster whose only class has an unknown handler', () => {
  test('a handler that resembles a profile: names the class and the profile', () => {
    const [finding] = decide({ classes: ['crun-wasmtime'] }).findings;
    expect(finding?.detail).toContain('wasmgate does not know the handler of RuntimeClass "crun-wasmtime"');
    expect(finding?.detail).not.toContain('can run it');
    expect(finding?.advice).toContain('If it runs this image, set runtimeClassName to "crun-wasmtime"');
    expect(finding?.advice).toContain('policy.handlers: {crun-wasmtime: {like: crun}}');
  });

  test('never names a handler for GPUs', () => {
    const [finding] = decide({ classes: ['nvidia'] }).findings;
    expect(`${finding?.detail} ${finding?.advice}`).not.toContain('nvidia');
  });
});
