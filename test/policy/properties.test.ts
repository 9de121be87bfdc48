import jsonPatch from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import { createPatch } from '../../src/admission/json-patch.ts';
import type { Pod } from '../../src/pod/pod.ts';
import { readPod } from '../../src/pod/pod.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { ClusterView } from '../../src/policy/facts.ts';
import { linux, OCI_MODULE, RUNWASI_LAYER, SPIN_APP, wasi } from '../support/image/image-facts.ts';
import { fc } from '../support/lib/properties.ts';
import { cluster, node, podFacts, runtimeClass, settings, type Known } from '../support/pod/pods.ts';

const IMAGES: Readonly<Record<string, Known>> = {
  server: linux('/server'),
  file: { ...linux('/app.wasm'), contents: { '/app.wasm': 'module' } },
  wasi: wasi('/app.wasm'),
  spin: SPIN_APP,
  module: OCI_MODULE,
  layer: RUNWASI_LAYER,
  away: 'timeout',
};

const toleration = { key: 'wasm', operator: 'Exists', effect: 'NoSchedule' } as const;
const VIEW: ClusterView = cluster(
  [
    runtimeClass('crun', { nodeSelector: { 'wasm-runtime': 'enabled' }, tolerations: [toleration] }),
    runtimeClass('wasmtime', {
      overhead: { memory: '32Mi', cpu: '10m' },
      nodeSelector: { 'a/b~c': 'x' },
      tolerations: [toleration],
    }),
    runtimeClass('spin'),
    runtimeClass('runc'),
  ],
  [node('n1', { handlers: ['runc', 'crun'], cpuCapacity: '16', labels: { 'wasm-runtime': 'enabled' } })],
);
const SETTINGS = settings({ tolerations: [{ key: 'edge', operator: 'Exists' }, toleration] });

const quantities = fc.record(
  { memory: fc.constantFrom('8Mi', '64Mi', '1Gi', '100M'), cpu: fc.constantFrom('10m', '1', '250m') },
  { requiredKeys: [] },
);
const container = fc.record(
  {
    image: fc.constantFrom(...Object.keys(IMAGES)),
    command: fc.constantFrom(['/app.wasm'], ['/'], ['/server'], [], null),
    args: fc.constantFrom(['--x'], null),
    resources: fc.record({ requests: quantities, limits: quantities }, { requiredKeys: [] }),
  },
  { requiredKeys: ['image'] },
);

function named(prefix: string) {
  return fc
    .array(container, { minLength: prefix === 'c' ? 1 : 0, maxLength: 3 })
    .map((list) => list.map((part, index) => ({ name: `${prefix}${index}`, ...part })));
}

const limitRanger = fc.constantFrom(
  undefined,
  'LimitRanger plugin set: cpu, memory request for container c0; cpu, memory limit for container c0',
  'LimitRanger plugin set: memory limit for init container i0',
);

const podArbitrary: fc.Arbitrary<Pod> = fc
  .record({
    main: named('c'),
    init: named('i'),
    defaulted: limitRanger,
    variant: fc.constantFrom(undefined, 'compat', 'compat-smart'),
    runtimeClassName: fc.constantFrom(undefined, null, 'wasmtime', 'crun', 'runc', 'nope'),
    nodeSelector: fc.constantFrom(undefined, null, {}, { zone: 'a' }, { 'a/b~c': 'y' }),
    tolerations: fc.constantFrom(
      undefined,
      null,
      [],
      [toleration],
      [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }],
    ),
  })
  .map(({ main, init, defaulted, variant, ...spec }) => {
    const annotations = {
      ...(defaulted && { 'kubernetes.io/limit-ranger': defaulted }),
      ...(variant && { 'module.wasm.image/variant': variant }),
    };
    const metadata = Object.keys(annotations).length > 0 ? { name: 'p', annotations } : { name: 'p' };
    return readPod(
      JSON.parse(JSON.stringify({ metadata, spec: { ...spec, containers: main, initContainers: init } })),
    );
  });

function mutate(pod: Pod): Pod {
  const { changes } = evaluate(podFacts(pod, IMAGES, VIEW), SETTINGS);
  const copy = structuredClone(pod);
  return readPod(jsonPatch.applyPatch(copy, [...createPatch(pod, changes)], true, false).newDocument);
}

function isSubset(part: unknown, whole: unknown): boolean {
  if (typeof part !== 'object' || part === null) return part === null || part === whole;
  if (Array.isArray(part))
    return Array.isArray(whole) && part.every((item, index) => isSubset(item, whole[index]));
  return (
    typeof whole === 'object' &&
    whole !== null &&
    Object.entries(part).every(([key, value]) => isSubset(value, (whole as Record<string, unknown>)[key]))
  );
}

const TOUCHED =
  /^\/(?:metadata\/annotations|spec\/(?:runtimeClassName|overhead|nodeSelector|tolerations|(?:init)?[cC]ontainers\/\d+\/(?:resources|command)))(?:\/|$)/;

describe('for any Pod', () => {
  test('a second mutation changes nothing', () => {
    fc.assert(
      fc.property(podArbitrary, (pod) => {
        const once = mutate(pod);
        expect(mutate(once)).toEqual(once);
      }),
      { numRuns: 500 },
    );
  });

  test('only the documented fields change, and the input is not modified', () => {
    fc.assert(
      fc.property(podArbitrary, (pod) => {
        const before = structuredClone(pod);
        const { changes } = evaluate(podFacts(pod, IMAGES, VIEW), SETTINGS);
        for (const { path } of createPatch(pod, changes)) expect(path).toMatch(TOUCHED);
        expect(pod).toEqual(before);
      }),
    );
  });

  test("the user's values are kept, except LimitRanger defaults", () => {
    fc.assert(
      fc.property(podArbitrary, (pod) => {
        fc.pre(pod.metadata?.annotations?.['kubernetes.io/limit-ranger'] === undefined);
        expect(isSubset(JSON.parse(JSON.stringify(pod)), mutate(pod))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test('a Wasm Pod is changed', () => {
  const pod = readPod({ spec: { containers: [{ name: 'c0', image: 'file' }] } });
  expect(mutate(pod).spec).toMatchObject({
    runtimeClassName: 'crun',
    containers: [{ resources: { limits: { memory: '64Mi', cpu: '200m' } } }],
  });
});
