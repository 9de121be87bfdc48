import { expect, test } from 'vitest';
import { FACTS, podOf, useReviewStage } from '../../support/cli/review-stage.ts';

// Programs read this format. Fields may be added, here as well, but never renamed or removed.

const stage = useReviewStage();

const SERVICE = '{apiVersion: v1, kind: Service, metadata: {name: web}}';

/** Returns types in place of values, and only the first item of each list. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (value === null) return null;
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

test('an assessed Pod with a change and a finding', async () => {
  const facts = await stage.write('facts.yaml', FACTS);
  const text = `${podOf('a', 'spin-v2-app', '  hostUsers: false')}\n---\n${SERVICE}\n---\na: [`;
  const file = await stage.write('pod.yaml', text);
  const report = await stage.report(['-f', file, '--facts', facts]);
  expect(shapeOf(report)).toEqual({
    items: [
      {
        source: {
          file: 'string',
          document: 'number',
          line: 'number',
          origin: null,
          kind: 'string',
          namespace: 'string',
          name: 'string',
        },
        outcome: 'string',
        refuses: null,
        hangsOn: [],
        mode: 'string',
        runtimeClass: { name: 'string', handler: 'string', origin: 'string' },
        changes: [{ field: 'string', value: expect.anything(), reason: 'string' }],
        patch: [{ op: 'string', path: 'string', value: expect.anything() }],
        findings: [
          {
            id: 'string',
            severity: 'string',
            action: 'string',
            container: null,
            message: 'string',
            advice: 'string',
          },
        ],
        images: [
          {
            container: 'string',
            image: 'string',
            verdict: { kind: 'string', flavour: 'string', shape: 'string', reason: null },
          },
        ],
      },
    ],
    passedOver: [{ file: 'string', document: 'number', kind: 'string', name: 'string' }],
    errors: [{ file: 'string', document: 'number', line: 'number', message: 'string' }],
    configuration: 'string',
    unreadable: [],
    summary: {
      reviewed: 'number',
      admitted: 'number',
      changed: 'number',
      refused: 'number',
      skipped: 'number',
      undecided: 'number',
      passedOver: 'number',
      errors: 'number',
    },
  });
});

test('a skipped Pod has every field, too', async () => {
  const file = await stage.write('pod.yaml', podOf('a', 'linux-plain', '  os: {name: windows}'));
  expect((await stage.report(['-f', file])).items).toEqual([
    {
      source: { file, document: 1, line: 2, origin: null, kind: 'Pod', namespace: 'default', name: 'a' },
      outcome: 'skipped',
      refuses: null,
      hangsOn: [],
      mode: null,
      runtimeClass: null,
      changes: [],
      patch: [],
      findings: [],
      images: [],
    },
  ]);
});
