import * as fc from 'fast-check';
import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import type { LimitRange } from '../../src/pod/cluster-objects.ts';
import type { Pod, ResourceRequirements } from '../../src/pod/pod.ts';
import { visitContainers } from '../../src/pod/visit-containers.ts';
import type { ResourceAnswer } from '../../src/policy/changes/set-resources.ts';
import { TIERS } from '../../src/policy/settings.ts';
import { admitted, problems } from '../support/api-server-model.ts';
import { limitRanges, podRequirements, requirements } from '../support/limited-pods.ts';
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

function applied(pod: Pod, { changes }: ResourceAnswer): Pod {
  const parents = changes.flatMap(({ path }) => {
    const parts = path.split('/');
    return [parts.slice(0, -2).join('/'), parts.slice(0, -1).join('/')];
  });
  // By way of JSON: two containers may share one object here, and never do there.
  const copy = JSON.parse(JSON.stringify(pod)) as Pod;
  for (const path of parents) {
    const missing = fastJsonPatch.getValueByPointer(copy, path) === undefined;
    if (missing) fastJsonPatch.applyOperation(copy, { op: 'add', path, value: {} });
  }
  const operations = changes.map(({ op, path, value }): Operation => ({ op, path, value }));
  return fastJsonPatch.applyPatch(copy, operations, true).newDocument;
}

describe('for any Pod in any namespace', () => {
  const sketch = fc.record({
    image: fc.constantFrom(SMALL, GO, HUGE, LINUX, layerImage(2), tarImage(0.2)),
    resources: requirements,
    kind: fc.constantFrom('main' as const, 'init' as const, 'sidecar' as const),
  });
  const situation = fc.record({
    sketches: fc.array(sketch, { minLength: 1, maxLength: 3 }),
    resources: fc.option(podRequirements, { nil: null, freq: 1 }),
    limitRanges,
    handler: fc.constantFrom('crun', 'wasmtime', 'wasmedge', 'spin'),
    settings: fc.record({ tier: fc.constantFrom(...TIERS, 'none' as const), cpuLimit: fc.boolean() }),
    cores: fc.constantFrom('2', '16', null),
  });

  interface Given {
    readonly sketches: readonly Sketch[];
    readonly resources: ResourceRequirements | null;
    readonly limitRanges: readonly LimitRange[];
  }

  /** As the user wrote it. */
  function written({ sketches, resources }: Given): Pod {
    return podOf(sketches, resources === null ? {} : { resources });
  }

  const RUNS = { numRuns: 3000 };

  test.each([
    ['as webhooks see it', admitted],
    ['as it is written', (pod: Pod): Pod => pod],
  ])('%s, asked again with its own result: no change', (_case, prepare) => {
    fc.assert(
      fc.property(situation, (given) => {
        const pod = prepare(written(given), given.limitRanges);
        const first = ask(pod, given.sketches, given);
        expect(ask(applied(pod, first), given.sketches, given).changes).toEqual([]);
      }),
      RUNS,
    );
  });

  test('what the API server accepts, it still accepts', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const pod = admitted(written(given), given.limitRanges);
        fc.pre(problems(pod, given.limitRanges).length === 0);
        const result = applied(pod, ask(pod, given.sketches, given));
        expect(problems(result, given.limitRanges)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('what it would accept of a template, it accepts with our values', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const pod = written(given);
        // The Pod's own requests would then be made from ours, and not from its limits.
        fc.pre(!given.resources?.limits);
        fc.pre(problems(admitted(pod, given.limitRanges), given.limitRanges).length === 0);
        const result = admitted(applied(pod, ask(pod, given.sketches, given)), given.limitRanges);
        expect(problems(result, given.limitRanges)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('who has no memory limit in the end is told why', () => {
    fc.assert(
      fc.property(situation, (given) => {
        fc.pre(given.settings.tier !== 'none');
        const pod = admitted(written(given), given.limitRanges);
        const answer = ask(pod, given.sketches, given);
        const left = assessed(applied(pod, answer), given.sketches).filter(
          ({ verdict, container }) => verdict.kind === 'wasm' && !container.resources?.limits?.['memory'],
        );
        const told = new Set(answer.findings.map(({ container }) => container));
        expect(left.map(({ container }) => container.name).filter((name) => !told.has(name))).toEqual([]);
      }),
      RUNS,
    );
  });

  test('replaces nothing but defaults, and touches no Linux container', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const before = written(given);
        const pod = admitted(before, given.limitRanges);
        const users = new Set(
          visitContainers(before.spec).flatMap(({ path, container }) =>
            (['requests', 'limits'] as const).flatMap((side) =>
              Object.keys(container.resources?.[side] ?? {}).map(
                (name) => `${path}/resources/${side}/${name}`,
              ),
            ),
          ),
        );
        const containers = assessed(pod, given.sketches);
        const touched = ask(pod, given.sketches, given).changes.map(({ path }) => {
          const owner = containers.find((candidate) => path.startsWith(`${candidate.path}/resources/`));
          return { kind: owner?.verdict.kind, isUsers: users.has(path) };
        });
        expect(touched).toEqual(touched.map(() => ({ kind: 'wasm', isUsers: false })));
      }),
      RUNS,
    );
  });
});
