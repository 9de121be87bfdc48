import jsonPatch from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import { createPatch } from '../../src/admission/json-patch.ts';
import type { RuntimeClass } from '../../src/pod/cluster-objects.ts';
import type { Pod } from '../../src/pod/pod.ts';
import { readPod } from '../../src/pod/pod.ts';
import { compareHandlerVersions } from '../../src/policy/choose/compare-trials.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { Consequence } from '../../src/policy/finding-catalog.ts';
import { handlerTable } from '../../src/policy/handlers/handler-table.ts';
import { fc } from '../support/lib/properties.ts';
import { cluster, pod as podOf, podFacts, runtimeClass as classOf, settings } from '../support/pod/pods.ts';
import { IMAGES, situations, type Situation } from './choice-situations.ts';

const RUNS = { numRuns: 300 };

function decide({ classes, nodes, policy }: Situation, pod: Pod): Decision {
  return evaluate(podFacts(pod, IMAGES, cluster(classes, nodes)), settings(policy));
}

function count({ findings }: Decision, consequence: Consequence): number {
  return findings.filter((finding) => finding.consequence === consequence).length;
}

function isDenied({ findings }: Decision): boolean {
  return findings.some(({ action }) => action === 'deny');
}

function withClass({ pod }: Situation, { name }: RuntimeClass): Pod {
  return { ...pod, spec: { ...pod.spec, runtimeClassName: name } };
}

function preferenceOf({ policy }: Situation, runtimeClass: RuntimeClass | null): number {
  const preferred = policy.preferRuntimeClasses ?? [];
  const position = runtimeClass === null ? -1 : preferred.indexOf(runtimeClass.handler);
  return position >= 0 ? position : preferred.length;
}

/** wasmgate never chooses a class under which crun would take a container for a Linux program. */
function isPassedOver({ findings }: Decision): boolean {
  return findings.some(({ id, container }) => id === 'annotation-conflict' && container !== null);
}

interface Other {
  readonly runtimeClass: RuntimeClass;
  readonly decision: Decision;
}

/** Evaluates the Pod with each class that wasmgate could have chosen, except those with which it is denied. */
function others(situation: Situation): readonly Other[] {
  const { profileOf } = handlerTable(settings(situation.policy));
  return situation.classes
    .filter(({ handler }) => profileOf(handler) !== null)
    .map((runtimeClass) => ({
      runtimeClass,
      decision: decide(situation, withClass(situation, runtimeClass)),
    }))
    .filter(({ decision }) => !isDenied(decision) && !isPassedOver(decision));
}

function summarize({ findings }: Decision): readonly string[] {
  return findings.map(({ id, container, consequence }) => `${consequence} ${id} ${container ?? ''}`);
}

describe('no class that the Pod could name itself', () => {
  test('has fewer findings of consequence cannot-start than the choice', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const chosen = decide(situation, situation.pod);
        for (const { runtimeClass, decision } of others(situation)) {
          if (count(decision, 'cannot-start') >= count(chosen, 'cannot-start')) continue;
          expect({ [runtimeClass.handler]: summarize(decision) }, 'must be the choice').toEqual(
            summarize(chosen),
          );
        }
      }),
      RUNS,
    );
  });

  test('of equal preference has fewer findings of consequence may-not-start', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const chosen = decide(situation, situation.pod);
        const preference = preferenceOf(situation, chosen.runtimeClass.class);
        for (const { runtimeClass, decision } of others(situation)) {
          if (preferenceOf(situation, runtimeClass) > preference) continue;
          if (count(decision, 'cannot-start') > count(chosen, 'cannot-start')) continue;
          if (count(decision, 'may-not-start') >= count(chosen, 'may-not-start')) continue;
          expect({ [runtimeClass.handler]: summarize(decision) }, 'must be the choice').toEqual(
            summarize(chosen),
          );
        }
      }),
      RUNS,
    );
  });
});

/** Returns the classes with names that sort in reverse order. */
function renamed({ classes }: Situation): readonly RuntimeClass[] {
  return classes.map((each, index) => ({ ...each, name: `renamed-${classes.length - index}` })).toReversed();
}

function consequences({ findings }: Decision): readonly Consequence[] {
  return findings.map(({ consequence }) => consequence).toSorted();
}

/** Reports whether the chosen handlers differ in their names only. */
function isTie({ policy }: Situation, one: Decision, other: Decision): boolean {
  const { profileOf } = handlerTable(settings(policy));
  const profiles = [one, other].map(({ runtimeClass }) => profileOf(runtimeClass.class?.handler ?? ''));
  return compareHandlerVersions(profiles[0] ?? null, profiles[1] ?? null) === 0;
}

test('injects the class despite an unknown sidecar, with a warning', () => {
  const subject = podOf({ containers: [{ image: 'file' }, { image: 'away' }] });
  const decideOn = (...handlers: readonly string[]) =>
    decide({ pod: subject, classes: handlers.map((name) => classOf(name)), nodes: [], policy: {} }, subject);
  const alone = decideOn('crun-wasm');
  expect(alone.runtimeClass.class?.name).toBe('crun-wasm');
  expect(isDenied(alone)).toBe(false);
  expect(summarize(alone)).toContain('may-not-start handler-may-not-run-image c1');
  expect(decideOn('crun-wasm', 'wasmtime').runtimeClass.class?.name).toBe('wasmtime');
});

describe('names of classes', () => {
  test('decide only between classes that are equal in everything else', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const before = decide(situation, situation.pod);
        const after = decide({ ...situation, classes: renamed(situation) }, situation.pod);
        expect(after.runtimeClass.origin).toBe(before.runtimeClass.origin);
        expect(consequences(after)).toEqual(consequences(before));
        expect(isTie(situation, before, after)).toBe(true);
      }),
      RUNS,
    );
  });
});

function mutate(pod: Pod, { changes }: Decision): Pod {
  const patch = [...createPatch(pod, changes)];
  return readPod(jsonPatch.applyPatch(structuredClone(pod), patch, true, false).newDocument);
}

describe('the changes', () => {
  test('cause no finding that was not reported before', () => {
    fc.assert(
      fc.property(situations, (situation) => {
        const before = decide(situation, situation.pod);
        fc.pre(before.runtimeClass.origin === 'chosen');
        const after = decide(situation, mutate(situation.pod, before));
        expect(summarize(before)).toEqual(expect.arrayContaining([...summarize(after)]));
        expect(after.changes).toEqual([]);
      }),
      RUNS,
    );
  });
});
