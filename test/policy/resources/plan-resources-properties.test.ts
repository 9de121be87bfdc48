import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../src/pod/pod.ts';
import { visitContainers } from '../../../src/pod/visit-containers.ts';
import { admitted, problems } from '../../support/kubernetes/api-server-model.ts';
import { fc } from '../../support/lib/properties.ts';
import { ask, assessed } from '../resource-pods.ts';
import { applied, situations, written } from '../resource-situations.ts';

describe('for any Pod in any namespace', () => {
  const RUNS = { numRuns: 3000 };

  test.each([
    ['as webhooks see it', admitted],
    ['as it is written', (pod: Pod): Pod => pod],
  ])('%s, asked again with its own result: no change', (_case, prepare) => {
    fc.assert(
      fc.property(situations, (given) => {
        const pod = prepare(written(given), given.limitRanges);
        const first = ask(pod, given.sketches, given);
        expect(ask(applied(pod, first), given.sketches, given).changes).toEqual([]);
      }),
      RUNS,
    );
  });

  test('what the API server accepts, it still accepts', () => {
    fc.assert(
      fc.property(situations, (given) => {
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
      fc.property(situations, (given) => {
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
      fc.property(situations, (given) => {
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
