import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { FINDING_IDS } from '../../src/policy/finding-catalog.ts';
import { applyMode } from '../../src/policy/mode.ts';
import { actionOf, defaultActionOf } from '../../src/policy/rate-findings.ts';
import type { PolicySettings } from '../../src/policy/settings.ts';
import { linux, SPIN_APP } from '../support/image/image-facts.ts';
import { cluster, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

const IMAGES = { app: linux('/app.wasm'), spin: SPIN_APP, away: 'unreachable' } as const;
const VIEW = cluster([runtimeClass('wasmtime'), runtimeClass('runc')]);

function outcome(image: keyof typeof IMAGES, runtimeClassName: string, policy: Partial<PolicySettings>) {
  const subject = pod({ containers: [{ image }], spec: { runtimeClassName } });
  const decision = evaluate(podFacts(subject, IMAGES, VIEW), settings(policy));
  const { denials, warnings } = applyMode(decision, 'enforce');
  return { refused: denials.map(({ id }) => id), warned: warnings.map(({ id }) => id) };
}

describe('a configured action of a finding', () => {
  const id = 'handler-cannot-run-image';

  test.each([
    ['not set: denied', {}, { refused: [id], warned: [] }],
    ['deny', { [id]: 'deny' }, { refused: [id], warned: [] }],
    ['warn', { [id]: 'warn' }, { refused: [], warned: [id] }],
    ['ignore', { [id]: 'ignore' }, { refused: [], warned: [] }],
    ['set for another finding: denied', { 'command-required': 'ignore' }, { refused: [id], warned: [] }],
  ] as const)('%s', (_case, findings, expected) => {
    expect(outcome('app', 'runc', { findings })).toEqual(expected);
  });

  test('a warning can be turned into a denial', () => {
    const findings = { 'image-unknown': 'deny' } as const;
    expect(outcome('away', 'wasmtime', {})).toEqual({ refused: [], warned: ['image-unknown'] });
    expect(outcome('away', 'wasmtime', { findings })).toEqual({ refused: ['image-unknown'], warned: [] });
  });

  test('the action takes precedence over onUnknownImage', () => {
    const policy = { onUnknownImage: 'deny', findings: { 'image-unknown': 'warn' } } as const;
    expect(outcome('away', 'wasmtime', policy)).toEqual({ refused: [], warned: ['image-unknown'] });
  });

  test.each(FINDING_IDS)('%s has its default action if none is configured', (finding) => {
    expect(actionOf(finding, settings())).toBe(defaultActionOf(finding));
    expect(actionOf(finding, settings({ findings: { [finding]: 'ignore' } }))).toBe('ignore');
  });
});
