import { expect, test } from 'vitest';
import { createDecisionCache, type DecisionInput } from '../../src/assess/decision-cache.ts';
import type { Pod } from '../../src/pod/pod.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { applyMode } from '../../src/policy/mode.ts';
import { cluster, limitRange, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

/** An image for linux/amd64 that starts this program. */
function starting(program: string) {
  return { config: { os: 'linux', architecture: 'amd64', config: { Entrypoint: [program] } } };
}

const VIEW = cluster([runtimeClass('wasmtime')]);
const POD = pod({ containers: [{ image: 'wasm' }] });
const FACTS = podFacts(POD, { wasm: starting('/app.wasm') }, VIEW, { limitRanges: [] });
const CASE: DecisionInput = { facts: FACTS, mode: 'enforce' };

function cacheWithOne(facts = FACTS) {
  const decisions = createDecisionCache();
  const decision = evaluate(facts, settings());
  const cached = { decision, outcome: applyMode(decision, 'enforce') };
  expect(decisions.get({ facts, mode: 'enforce' })).toBeUndefined();
  decisions.set({ facts, mode: 'enforce' }, cached);
  return { decisions, cached };
}

test('replicas get the same object, whatever their name', () => {
  const { decisions, cached } = cacheWithOne();
  const replica: Pod = { ...POD, metadata: { name: 'other', uid: 'another' } };
  const found = decisions.get({ ...CASE, facts: { ...FACTS, pod: replica } });
  expect(found).toEqual(cached);
  expect(decisions.get(CASE)).toBe(found);
});

test('namespaces that differ only in their names share decisions', () => {
  const { decisions, cached } = cacheWithOne();
  const namespaceLabels = { 'kubernetes.io/metadata.name': 'team-a' };
  expect(decisions.get({ ...CASE, facts: { ...FACTS, namespaceLabels } })).toEqual(cached);
});

test.each<[string, DecisionInput]>([
  ['another mode', { ...CASE, mode: 'warn' }],
  ['a Pod after the mutating call', { ...CASE, facts: { ...FACTS, isMutated: true } }],
  ['a Pod while classes may be stale', { ...CASE, facts: { ...FACTS, hasStaleClasses: true } }],
  ['a label of the namespace', { ...CASE, facts: { ...FACTS, namespaceLabels: { 'wasmgate.dev/a': 'b' } } }],
  ['other LimitRanges', { ...CASE, facts: { ...FACTS, limitRanges: [limitRange('a')] } }],
  ['another state of the cluster', { ...CASE, facts: { ...FACTS, cluster: cluster(VIEW.runtimeClasses) } }],
  ['another Pod', { ...CASE, facts: { ...FACTS, pod: pod({ containers: [{ image: 'wasm', tty: true }] }) } }],
  [
    'the same tag with another image',
    { ...CASE, facts: podFacts(POD, { wasm: starting('/other.wasm') }, VIEW) },
  ],
])('%s needs a decision of its own', (_case, wanted) => {
  const { decisions } = cacheWithOne();
  expect(decisions.get(wanted)).toBeUndefined();
});

test('a change of the cluster evicts all decisions, even if it changes back', () => {
  const { decisions } = cacheWithOne();
  decisions.get({ ...CASE, facts: { ...FACTS, cluster: cluster([]) } });
  expect(decisions.get(CASE)).toBeUndefined();
});

test('decisions on ordinary Pods are not cached', () => {
  const facts = podFacts(POD, { wasm: starting('/bin/server') }, VIEW);
  const { decisions } = cacheWithOne(facts);
  expect(decisions.get({ ...CASE, facts })).toBeUndefined();
});
