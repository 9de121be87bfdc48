import { expect, test } from 'vitest';
import { parseReview } from '../../src/admission/review.ts';
import { readReview, REVIEW_FILES } from '../support/admission/reviews.ts';

const REQUEST = { uid: 'u1', operation: 'CREATE' };
const ENVELOPE = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };

test.each(REVIEW_FILES)('%s, recorded from an API server, is parsed completely', (file) => {
  const [, , operation, kind] = /^(\d+)-\w+-([a-z]+)-([a-z]+)-/.exec(file) ?? [];
  const request = parseReview(readReview(file));
  expect(request.uid).toMatch(/^[0-9a-f-]{36}$/);
  expect(request.operation.toLowerCase()).toBe(operation);
  expect(request.kind.kind.toLowerCase()).toBe(kind);
  expect(request.namespace).not.toBe('');
  expect(request.object).not.toBeNull();
  expect(request.oldObject === null).toBe(operation === 'create');
  expect(request.dryRun).toBe(file.includes('dry-run'));
  expect(request.subResource).toBe(file.includes('ephemeralcontainers') ? 'ephemeralcontainers' : '');
});

test('a Pod named by generateName has no name yet', () => {
  expect(parseReview(readReview('03'))).toMatchObject({ name: '', resource: 'pods' });
});

test.each([
  ['nothing', undefined, 'not-a-review'],
  ['null', null, 'not-a-review'],
  ['a list', [], 'not-a-review'],
  ['a string', 'AdmissionReview', 'not-a-review'],
  ['an empty object', {}, 'not-a-review'],
  ['a Pod', { apiVersion: 'v1', kind: 'Pod' }, 'not-a-review'],
  [
    'v1beta1',
    { ...ENVELOPE, apiVersion: 'admission.k8s.io/v1beta1', request: REQUEST },
    'wrong-review-version',
  ],
  ['no version', { kind: 'AdmissionReview', request: REQUEST }, 'wrong-review-version'],
  ['no request', ENVELOPE, 'no-request'],
  ['a null request', { ...ENVELOPE, request: null }, 'no-request'],
  ['a request that is a list', { ...ENVELOPE, request: [] }, 'no-request'],
  ['no uid', { ...ENVELOPE, request: { operation: 'CREATE' } }, 'no-uid'],
  ['an empty uid', { ...ENVELOPE, request: { ...REQUEST, uid: '' } }, 'no-uid'],
  ['a numeric uid', { ...ENVELOPE, request: { ...REQUEST, uid: 7 } }, 'no-uid'],
])('%s is rejected', (_case, body, code) => {
  expect(() => parseReview(body)).toThrow(expect.objectContaining({ code }));
});

/** Lookups outlive their admission and keep its namespace: a few hundred names of a megabyte would fill the memory. */
test('a namespace longer than any name is rejected', () => {
  const reviewIn = (namespace: string) => ({ ...ENVELOPE, request: { ...REQUEST, namespace } });
  expect(parseReview(reviewIn('n'.repeat(63))).namespace).toHaveLength(63);
  expect(() => parseReview(reviewIn('n'.repeat(64)))).toThrow(
    expect.objectContaining({
      code: 'not-a-review',
      message: expect.stringContaining('its namespace is longer'),
    }),
  );
});

test('fields of a wrong type count as absent, so that the request is allowed and not rejected', () => {
  const request = {
    uid: 'u1',
    kind: 'Pod',
    resource: 3,
    operation: {},
    namespace: 1,
    object: 'x',
    dryRun: 'yes',
  };
  expect(parseReview({ ...ENVELOPE, request })).toEqual({
    uid: 'u1',
    kind: { group: '', version: '', kind: '' },
    resource: '',
    subResource: '',
    operation: '',
    namespace: '',
    name: '',
    object: 'x',
    oldObject: null,
    dryRun: false,
  });
});

test('a __proto__ key is not read as a review', () => {
  const body: unknown = JSON.parse(`{"__proto__": ${JSON.stringify({ ...ENVELOPE, request: REQUEST })}}`);
  expect(() => parseReview(body)).toThrow(expect.objectContaining({ code: 'not-a-review' }));
});
