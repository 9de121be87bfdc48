import { describe, expect, test } from 'vitest';
import type { Decision } from '../../../src/policy/decision.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { linux } from '../../support/image/image-facts.ts';
import { cluster, pod, podFacts, runtimeClass, settings } from '../../support/pod/pods.ts';

const NAME = 'wasmgate.dev/resource-tier';
const IMAGES = { app: linux('/app.wasm'), server: linux('/server') };
const VIEW = cluster([runtimeClass('wasmtime')]);

interface TierNames {
  readonly annotation?: string;
  readonly label?: string;
  readonly image?: string;
}

function decide({ annotation, label, image = 'app' }: TierNames): Decision {
  const annotations = annotation === undefined ? {} : { [NAME]: annotation };
  const namespaceLabels = label === undefined ? {} : { [NAME]: label };
  const subject = pod({ annotations, containers: [{ image }] });
  return evaluate(
    podFacts(subject, IMAGES, VIEW, { namespaceLabels }),
    settings({ resources: { ...settings().resources, tier: 'light' } }),
  );
}

function limitOf({ changes }: Decision): unknown {
  return changes.find(({ path }) => path.endsWith('/limits/memory'))?.value;
}

describe('the annotation overrides the label, which overrides the configuration', () => {
  test.each<[string, TierNames, string | undefined]>([
    ['the configuration alone', {}, '32Mi'],
    ['the label', { label: 'data' }, '128Mi'],
    ['the annotation', { annotation: 'ai' }, '512Mi'],
    ['both', { annotation: 'standard', label: 'data' }, '64Mi'],
    ['tier none in the label', { label: 'none' }, undefined],
    ['tier none in the annotation, over a label', { annotation: 'none', label: 'ai' }, undefined],
  ])('%s', (_case, names, expected) => {
    const decision = decide(names);
    expect(limitOf(decision)).toBe(expected);
    expect(decision.findings).toEqual([]);
  });
});

describe('an unknown tier falls back to the configured one, with a warning that lists the known ones', () => {
  test.each<[string, TierNames, string]>([
    ['annotation', { annotation: 'large' }, `annotation ${NAME}: "large"`],
    ['annotation and label', { annotation: 'AI', label: 'data' }, `annotation ${NAME}: "AI"`],
    ['label', { label: '' }, `namespace label ${NAME}: ""`],
    ['a name of an inherited property', { label: 'constructor' }, `namespace label ${NAME}: "constructor"`],
  ])('%s', (_case, names, words) => {
    const decision = decide(names);
    expect(limitOf(decision)).toBe('32Mi');
    expect(decision.findings).toMatchObject([{ id: 'resource-tier-unknown', action: 'warn' }]);
    expect(decision.findings[0]?.detail).toBe(
      `${words} is not a tier; tier light of the configuration applies`,
    );
    expect(decision.findings[0]?.advice).toBe('Use one of edge, light, standard, data, ai, none.');
  });

  test('a Linux Pod gets no warning', () => {
    expect(decide({ annotation: 'large', image: 'server' }).findings).toEqual([]);
  });
});
