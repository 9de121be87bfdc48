import { expect, test } from 'vitest';
import type { PodContext } from '../../../src/policy/check.ts';
import { candidatesFor } from '../../../src/policy/choose/candidates.ts';
import { chooseClass } from '../../../src/policy/choose/choose-class.ts';
import { compareTrials, scoreTrial } from '../../../src/policy/choose/compare-trials.ts';
import { sampleOf } from '../../../src/policy/choose/sample.ts';
import { tryClass } from '../../../src/policy/choose/trial.ts';
import { isWasmContainer } from '../../../src/policy/facts.ts';
import { fc } from '../../support/lib/properties.ts';
import { cluster, podFacts, settings } from '../../support/pod/pods.ts';
import { IMAGES, situations, type Situation } from '../choice-situations.ts';

function contextOf({ pod, classes, nodes, policy }: Situation): PodContext {
  const facts = podFacts(pod, IMAGES, cluster(classes, nodes));
  return { ...facts, settings: settings(policy), wasmContainers: facts.containers.filter(isWasmContainer) };
}

/** Tries all candidates; undefined if there are none. */
function bestOfAll(context: PodContext): string | null | undefined {
  const sample = sampleOf(context);
  const [best] = candidatesFor(sample.context)
    .map(({ class: runtimeClass, profile }) => {
      const origin = runtimeClass === null ? ('none' as const) : ('chosen' as const);
      return scoreTrial(sample, tryClass(sample.context, { origin, class: runtimeClass, profile }));
    })
    .toSorted(compareTrials);
  return best && (best.trial.resolved.class?.name ?? null);
}

test('the class that is tried first and found flawless is the best of all', () => {
  fc.assert(
    fc.property(situations, (situation) => {
      const context = contextOf(situation);
      const best = bestOfAll(context);
      fc.pre(context.wasmContainers.length > 0 && best !== undefined);
      expect(chooseClass(context).trial.resolved.class?.name ?? null).toBe(best);
    }),
    { numRuns: 2000 },
  );
});
