import * as fc from 'fast-check';
import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import type { Container, Pod, ResourceRequirements } from '../../src/pod/pod.ts';
import { visitContainers } from '../../src/pod/visit-containers.ts';
import type { ResourceAnswer } from '../../src/policy/changes/set-resources.ts';
import { parseQuantity, type Quantity } from '../../src/policy/quantity.ts';
import { TIERS } from '../../src/policy/settings.ts';
import {
  ask,
  assessed,
  GO,
  HUGE,
  layerImage,
  LINUX,
  podOf,
  SMALL,
  tarImage,
  type Sketch,
} from './resource-pods.ts';

/** What the API server would refuse about resources: limits under requests, and containers beyond the Pod's own. */
function problems({ spec }: Pod, resource: 'cpu' | 'memory'): readonly string[] {
  const read = (list: 'requests' | 'limits', from: Pick<Container, 'resources'>): Quantity | null => {
    const written = from.resources?.[list]?.[resource];
    return written === undefined ? null : parseQuantity(written);
  };
  // A limit alone is copied into the request, of containers and Pods alike.
  const request = (from: Pick<Container, 'resources'>): Quantity =>
    read('requests', from) ?? read('limits', from) ?? 0n;
  const podLimit = read('limits', spec) ?? ENDLESS;
  const podRequest = read('requests', spec) ?? podLimit;
  const visited = visitContainers(spec);
  const sum = (kinds: readonly string[]): Quantity =>
    visited
      .filter(({ kind }) => kinds.includes(kind))
      .reduce((total, { container }) => total + request(container), 0n);
  const found = visited.flatMap(({ kind, container }) => {
    const limit = read('limits', container);
    return [
      limit !== null && request(container) > limit ? `${container.name}: request above limit` : '',
      limit !== null && limit > podLimit ? `${container.name}: limit above the Pod's` : '',
      kind === 'init' && request(container) + sum(['sidecar']) > podRequest
        ? `${container.name}: too much`
        : '',
    ];
  });
  return [...found, sum(['main', 'sidecar']) > podRequest ? 'requests above the Pod' : ''].filter(Boolean);
}

const ENDLESS = 10n ** 30n;

function applied(pod: Pod, { changes }: ResourceAnswer): Pod {
  const parents = changes.flatMap(({ path }) => {
    const parts = path.split('/');
    return [parts.slice(0, -2).join('/'), parts.slice(0, -1).join('/')];
  });
  const copy = structuredClone(pod);
  for (const path of parents) {
    const missing = fastJsonPatch.getValueByPointer(copy, path) === undefined;
    if (missing) fastJsonPatch.applyOperation(copy, { op: 'add', path, value: {} });
  }
  const operations = changes.map(({ op, path, value }): Operation => ({ op, path, value }));
  return fastJsonPatch.applyPatch(copy, operations, true).newDocument;
}

describe('for any Pod', () => {
  const memory = fc.constantFrom('1Mi', '8Mi', '16Mi', '20Mi', '64Mi', '100M', '128Mi', '0.5Gi', '2Gi');
  const cpu = fc.constantFrom('10m', '50m', '0.1', '200m', '1', '2500m');
  const quantities = fc.record({ memory, cpu }, { requiredKeys: [] });
  const requirements = fc.record({ requests: quantities, limits: quantities }, { requiredKeys: [] });
  const sketch = fc.record({
    image: fc.constantFrom(SMALL, GO, HUGE, LINUX, layerImage(2), tarImage(0.2)),
    resources: requirements,
    kind: fc.constantFrom('main' as const, 'init' as const, 'sidecar' as const),
  });
  const clause = fc.tuple(
    fc.constantFrom('cpu, memory', 'cpu', 'memory'),
    fc.constantFrom('request', 'limit'),
    fc.constantFrom('container', 'init container'),
    fc.constantFrom('c0', 'c1', 'c2'),
  );
  const situation = fc.record({
    sketches: fc.array(sketch, { minLength: 1, maxLength: 3 }),
    defaulted: fc
      .array(clause, { maxLength: 6 })
      .map((clauses) =>
        clauses.map(([what, side, kind, name]) => `${what} ${side} for ${kind} ${name}`).join('; '),
      ),
    resources: fc.option(requirements, { nil: null }),
    handler: fc.constantFrom('crun', 'wasmtime', 'wasmedge', 'spin'),
    settings: fc.record({ tier: fc.constantFrom(...TIERS, 'none' as const), cpuLimit: fc.boolean() }),
    cores: fc.constantFrom('2', '16', null),
  });

  interface Given {
    readonly sketches: readonly Sketch[];
    readonly defaulted: string;
    readonly resources: ResourceRequirements | null;
  }

  function prepare({ sketches, defaulted, resources }: Given): Pod {
    return podOf(sketches, { defaulted, ...(resources === null ? {} : { resources }) });
  }

  test('asked again with its own result: no change', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const pod = prepare(given);
        const first = ask(pod, given.sketches, given);
        expect(ask(applied(pod, first), given.sketches, given).changes).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test.each(['cpu', 'memory'] as const)(
    'what the API server accepts about %s, it still accepts',
    (resource) => {
      fc.assert(
        fc.property(situation, (given) => {
          const pod = prepare(given);
          fc.pre(problems(pod, resource).length === 0);
          expect(problems(applied(pod, ask(pod, given.sketches, given)), resource)).toEqual([]);
        }),
        { numRuns: 1000 },
      );
    },
  );

  test('replaces nothing but defaults, and touches no Linux container', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const pod = prepare(given);
        const containers = assessed(pod, given.sketches);
        const touched = ask(pod, given.sketches, given).changes.map(({ op, path }) => {
          const owner = containers.find((candidate) => path.startsWith(`${candidate.path}/resources/`));
          const isNamed = given.defaulted
            .split('; ')
            .some((text) => text.endsWith(` ${owner?.container.name}`));
          return { kind: owner?.verdict.kind, isAllowed: op === 'add' || isNamed };
        });
        expect(touched).toEqual(touched.map(() => ({ kind: 'wasm', isAllowed: true })));
      }),
    );
  });
});
