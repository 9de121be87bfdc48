import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../src/pod/pod.ts';
import { visitContainers } from '../../../src/pod/visit-containers.ts';
import { admitted, problems } from '../../support/kubernetes/api-server-model.ts';
import { fc } from '../../support/lib/properties.ts';
import { plan, assessed } from '../resource-pods.ts';
import { applied, situations, written } from '../resource-situations.ts';

describe('for any Pod in any namespace', () => {
  const RUNS = { numRuns: 3000 };

  test.each([
    ['as webhooks see it', admitted],
    ['as it is written', (pod: Pod): Pod => pod],
  ])('%s: planning the result again changes nothing', (_case, prepare) => {
    fc.assert(
      fc.property(situations, (given) => {
        const pod = prepare(written(given), given.limitRanges);
        const first = plan(pod, given.sketches, given);
        expect(plan(applied(pod, first), given.sketches, given).changes).toEqual([]);
      }),
      RUNS,
    );
  });

  test('the API server still accepts what it accepted', () => {
    fc.assert(
      fc.property(situations, (given) => {
        const pod = admitted(written(given), given.limitRanges);
        fc.pre(problems(pod, given.limitRanges).length === 0);
        const result = applied(pod, plan(pod, given.sketches, given));
        expect(problems(result, given.limitRanges)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('the API server accepts a template that it accepted, with the values added', () => {
    fc.assert(
      fc.property(situations, (given) => {
        const pod = written(given);
        // The API server would derive the Pod's requests from ours instead of its limits.
        fc.pre(!given.resources?.limits);
        fc.pre(problems(admitted(pod, given.limitRanges), given.limitRanges).length === 0);
        const result = admitted(applied(pod, plan(pod, given.sketches, given)), given.limitRanges);
        expect(problems(result, given.limitRanges)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('a container that ends without a memory limit has a finding', () => {
    fc.assert(
      fc.property(situations, (given) => {
        fc.pre(given.settings.tier !== 'none');
        const pod = admitted(written(given), given.limitRanges);
        const result = plan(pod, given.sketches, given);
        const left = assessed(applied(pod, result), given.sketches).filter(
          ({ verdict, container }) => verdict.kind === 'wasm' && !container.resources?.limits?.['memory'],
        );
        const reported = new Set(result.findings.map(({ container }) => container));
        expect(left.map(({ container }) => container.name).filter((name) => !reported.has(name))).toEqual([]);
      }),
      RUNS,
    );
  });

  test('replaces only defaults, and changes no Linux container', () => {
    fc.assert(
      fc.property(situations, (given) => {
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
        const touched = plan(pod, given.sketches, given).changes.map(({ path }) => {
          const owner = containers.find((candidate) => path.startsWith(`${candidate.path}/resources/`));
          return { kind: owner?.verdict.kind, isUsers: users.has(path) };
        });
        expect(touched).toEqual(touched.map(() => ({ kind: 'wasm', isUsers: false })));
      }),
      RUNS,
    );
  });
});
