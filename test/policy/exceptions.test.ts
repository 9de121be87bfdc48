import { describe, expect, test } from 'vitest';
import type { FindingId } from '../../src/policy/finding-catalog.ts';
import { exceptionsIn } from '../../src/policy/rate-findings.ts';
import { configurations } from '../../src/wire/settings.ts';
import { settings } from '../support/pod/pods.ts';
import { FINDING_CASES } from './finding-cases.ts';
import { decide, decisionOn, one } from './finding-pods.ts';

const CASES = Object.entries(FINDING_CASES).flatMap(([id, { fires }]) =>
  Object.entries(fires).map(([name, each]) => [id as FindingId, name, each] as const),
);

describe('policy.exceptions', () => {
  const exceptions = [
    { namespaces: ['legacy-*'], findings: ['handler-on-no-node' as const] },
    { namespaces: ['legacy-a', 'b'], findings: ['image-unknown' as const, 'handler-on-no-node' as const] },
  ];

  test.each<[string, readonly FindingId[]]>([
    ['legacy-a', ['handler-on-no-node', 'image-unknown']],
    ['legacy-z', ['handler-on-no-node']],
    ['b', ['image-unknown', 'handler-on-no-node']],
    ['not-legacy-a', []],
  ])('in namespace %s they are %j', (namespace, expected) => {
    expect([...exceptionsIn(namespace, settings({ exceptions }))]).toEqual(expected);
  });

  test.each(CASES)('excepting %s changes neither class nor other findings: %s', (id, _name, each) => {
    const usual = decisionOn(each);
    const excepting = decisionOn({ ...each, exceptions: new Set([id]) });
    expect(excepting.runtimeClass).toEqual(usual.runtimeClass);
    expect(excepting.changes).toEqual(usual.changes);
    const found = excepting.findings.filter((finding) => finding.id === id);
    expect(found.map(({ action }) => action)).toEqual(['excepted']);
    expect(excepting.findings).toEqual(
      expect.arrayContaining(usual.findings.filter((finding) => finding.id !== id)),
    );
  });

  test('a Pod that only an excepted finding would deny still needs the class that /mutate did not set', () => {
    const policy = { findings: { 'resource-tier-unknown': 'deny' as const } };
    const annotations = { 'wasmgate.dev/resource-tier': 'nonsense' };
    const each = { on: null, pod: { ...one('app'), annotations }, policy };
    expect(decide(each).map(({ id }) => id)).toContain('resource-tier-unknown');
    const excepting = { ...each, exceptions: new Set(['resource-tier-unknown' as const]) };
    expect(decide(excepting).map(({ id, action }) => `${id} ${action}`)).toContain(
      'resource-tier-unknown excepted',
    );
  });

  test('a namespace needs no exact name, a finding does', () => {
    const text = [
      'apiVersion: wasmgate.dev/v1alpha1',
      'kind: Configuration',
      'policy:',
      '  exceptions:',
      '    - namespaces: [legacy-*]',
      '      findings: [handler-on-no-nod]',
    ].join('\n');
    expect(() => configurations.parse(text, 'w.yaml')).toThrow(
      /policy\.exceptions\[0\]\.findings\[0\]: found "handler-on-no-nod", takes the id of a finding .*Did you mean "handler-on-no-node"\?/,
    );
  });
});

describe('policy.helpUrl', () => {
  const policy = { helpUrl: 'https://wiki.example.com/wasm#' };

  test.each(CASES)('the advice of %s ends with its link: %s', (id, _name, each) => {
    const found = decide({ ...each, policy: { ...each.policy, ...policy } });
    for (const finding of found)
      expect(finding.advice).toMatch(new RegExp(` See https://wiki[.]example[.]com/wasm#${finding.id}$`));
    expect(found.map((finding) => finding.id)).toContain(id);
  });

  test.each(['wiki.example.com', 'ftp://wiki', 'https://a b', `https://${'x'.repeat(200)}`])(
    'rejects %s',
    (helpUrl) => {
      const text = JSON.stringify({
        apiVersion: 'wasmgate.dev/v1alpha1',
        kind: 'Configuration',
        policy: { helpUrl },
      });
      expect(() => configurations.parse(text, 'w.yaml')).toThrow(
        /policy\.helpUrl: found .*, takes URL of at most 128 characters/,
      );
    },
  );
});
