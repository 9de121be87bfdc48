import { expect, test } from 'vitest';
import { readSubject, type SubjectRequest } from '../../src/admission/read-subject.ts';
import { parseReview } from '../../src/admission/review.ts';
import { readReview, REVIEW_FILES } from '../support/admission/reviews.ts';

const POD: SubjectRequest['kind'] = { group: '', version: 'v1', kind: 'Pod' };
const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment' };
const OWNED = { ownerReferences: [{ kind: 'Deployment', name: 'a', controller: true }] };

function podOf(image: string, metadata = {}): object {
  return { metadata, spec: { containers: [{ name: 'app', image }] } };
}

function workloadOf(image: unknown, metadata = {}): object {
  return { metadata, spec: { template: podOf(image as string) } };
}

function ask(parts: Partial<SubjectRequest>): SubjectRequest {
  return { kind: POD, operation: 'CREATE', subResource: '', object: podOf('a:1'), oldObject: null, ...parts };
}

const UPDATE = { operation: 'UPDATE', oldObject: podOf('a:1') };
const DELETED = { deletionTimestamp: '2026-11-21T00:00:00Z' };

test.each<[string, Partial<SubjectRequest>, object]>([
  ['a Pod that is created', {}, { subject: 'pod', pod: podOf('a:1') }],
  [
    'an update with an image that is new',
    { ...UPDATE, object: podOf('a:2') },
    { subject: 'pod', pod: podOf('a:2'), previous: podOf('a:1') },
  ],
  [
    'a debug container',
    { ...UPDATE, subResource: 'ephemeralcontainers', object: podOf('a:2') },
    { subject: 'pod', pod: podOf('a:2'), previous: podOf('a:1') },
  ],
  ['an update without one', UPDATE, { subject: 'none', reason: 'none of its images is new' }],
  [
    'a Pod that is being deleted',
    { object: podOf('a:1', DELETED) },
    { subject: 'none', reason: 'it is being deleted' },
  ],
  [
    'an update of one, broken or not',
    { ...UPDATE, object: { metadata: DELETED } },
    { subject: 'none', reason: 'it is being deleted' },
  ],
  [
    'a Pod whose deletionTimestamp is null',
    { object: podOf('a:1', { deletionTimestamp: null }) },
    { subject: 'pod' },
  ],
  [
    'a deletion',
    { operation: 'DELETE', object: null },
    { subject: 'none', reason: 'operation DELETE is not judged' },
  ],
  ['a connection', { operation: 'CONNECT' }, { subject: 'none', reason: 'operation CONNECT is not judged' }],
  [
    'a status',
    { ...UPDATE, subResource: 'status', object: podOf('a:2') },
    { subject: 'none', reason: 'sub-resource status is not judged' },
  ],
  [
    'a broken Pod',
    { object: podOf(3 as unknown as string) },
    { subject: 'broken', reason: expect.stringContaining('"spec.containers[0].image"') },
  ],
  [
    'an update whose old Pod is missing',
    { ...UPDATE, oldObject: null },
    { subject: 'broken', reason: expect.stringContaining('"pod"') },
  ],
  [
    'a Deployment',
    { kind: DEPLOYMENT, object: workloadOf('a:1') },
    { subject: 'template', pod: podOf('a:1'), isControlled: false },
  ],
  [
    'one that a controller wrote',
    { kind: DEPLOYMENT, object: workloadOf('a:1', OWNED) },
    { subject: 'template', isControlled: true },
  ],
  [
    'an update of its template',
    { kind: DEPLOYMENT, operation: 'UPDATE', oldObject: workloadOf('a:1'), object: workloadOf('a:2') },
    { subject: 'template', pod: podOf('a:2') },
  ],
  [
    'an update of anything else',
    {
      kind: DEPLOYMENT,
      operation: 'UPDATE',
      oldObject: workloadOf('a:1'),
      object: workloadOf('a:1', { labels: { a: 'b' } }),
    },
    { subject: 'none', reason: 'its Pod template is unchanged' },
  ],
  [
    'an update whose old object is missing',
    { kind: DEPLOYMENT, operation: 'UPDATE', object: workloadOf('a:1') },
    { subject: 'template' },
  ],
  [
    'one that is being deleted',
    { kind: DEPLOYMENT, object: workloadOf('a:1', DELETED) },
    { subject: 'none', reason: 'it is being deleted' },
  ],
  [
    'its scale',
    { kind: DEPLOYMENT, operation: 'UPDATE', subResource: 'scale' },
    { subject: 'none', reason: 'sub-resource scale is not judged' },
  ],
  [
    'a sub-resource that only Pods have',
    { kind: DEPLOYMENT, subResource: 'ephemeralcontainers', object: workloadOf('a:1') },
    { subject: 'none' },
  ],
  [
    'a broken template',
    { kind: DEPLOYMENT, object: workloadOf(3) },
    { subject: 'broken', reason: expect.stringContaining('"spec.containers[0].image"') },
  ],
  ['no template', { kind: DEPLOYMENT, object: { spec: {} } }, { subject: 'broken' }],
  [
    'somebody else’s Pod',
    { kind: { group: 'x.io', version: 'v1', kind: 'Pod' } },
    { subject: 'none', reason: 'kind Pod creates no Pods' },
  ],
  ['no object at all', { object: null }, { subject: 'broken' }],
])('%s', (_case, parts, expected) => {
  expect(readSubject(ask(parts))).toMatchObject(expected);
});

test('nothing is copied: a Pod is the object of the request', () => {
  const request = parseReview(readReview('03'));
  expect(readSubject(request)).toHaveProperty('pod', request.object);
});

test.each(REVIEW_FILES)('%s is read as what its name says', (file) => {
  const { subject } = readSubject(parseReview(readReview(file)));
  const isPod = /-create-pod-/.test(file) || /^1[67]/.test(file);
  expect(subject).toBe(isPod ? 'pod' : file.includes('-update-pod-') ? 'none' : 'template');
});
