import { expect, test } from 'vitest';
import { allowed, denied, patched, writeReview, type Answer } from '../../src/admission/response.ts';
import { fc } from '../support/lib/properties.ts';

const OPERATIONS = [{ op: 'add', path: '/spec/runtimeClassName', value: 'wasmtime' }] as const;

function write(answer: Answer, uid = 'u1'): unknown {
  return JSON.parse(writeReview(uid, answer));
}

function review(response: object): object {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: 'u1', ...response } };
}

test.each([
  ['allowed', allowed(), { allowed: true }],
  ['allowed, with empty lists', allowed({ warnings: [], auditAnnotations: {} }), { allowed: true }],
  [
    'allowed, with warnings and annotations',
    allowed({ warnings: ['w', 'w'], auditAnnotations: { mode: 'audit' } }),
    { allowed: true, warnings: ['w'], auditAnnotations: { mode: 'audit' } },
  ],
  ['an empty patch is allowed', patched([], {}), { allowed: true }],
  [
    'patched',
    patched(OPERATIONS, { auditAnnotations: { mode: 'enforce' } }),
    {
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(OPERATIONS)).toString('base64'),
      auditAnnotations: { mode: 'enforce' },
    },
  ],
  [
    'denied',
    denied('no\n"such" class', { warnings: ['w'] }),
    {
      allowed: false,
      status: { code: 403, reason: 'Forbidden', message: 'no\n"such" class' },
      warnings: ['w'],
    },
  ],
])('%s', (_case, answer, response) => {
  expect(write(answer)).toEqual(review(response));
});

test('messages and annotations have a maximum length', () => {
  const long = 'x'.repeat(10_000);
  const text = JSON.stringify(write(denied(long, { auditAnnotations: { images: long } })));
  expect(text).toContain(`"${'x'.repeat(4095)}…"`);
  expect(text).toContain(`"${'x'.repeat(1023)}…"`);
});

test('parsing the handwritten JSON returns any uid and text unchanged', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ maxLength: 1000 }), (uid, text) => {
      const answer = allowed({ auditAnnotations: { [text]: text } });
      expect(write(answer, uid)).toEqual({
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid, allowed: true, auditAnnotations: JSON.parse(JSON.stringify({ [text]: text })) },
      });
    }),
  );
});
