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
  ['the creation of a Pod', {}, { subject: 'pod', pod: podOf('a:1') }],
  [
    'an update with a new image',
    { ...UPDATE, object: podOf('a:2') },
    { subject: 'pod', pod: podOf('a:2'), previous: podOf('a:1') },
  ],
  [
    'a debug container',
    { ...UPDATE, subResource: 'ephemeralcontainers', object: podOf('a:2') },
    { subject: 'pod', pod: podOf('a:2'), previous: podOf('a:1') },
  ],
  ['an update without a new image', UPDATE, { subject: 'none', reason: 'none of its images is new' }],
  [
    'a Pod that is being deleted',
    { object: podOf('a:1', DELETED) },
    { subject: 'none', reason: 'it is being deleted' },
  ],
  [
    'an update of a Pod that is being deleted, even an invalid one',
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
    'an invalid Pod',
    { object: podOf(3 as unknown as string) },
    { subject: 'broken', reason: expect.stringContaining('"spec.containers[0].image"') },
  ],
  [
    'an update without the old Pod',
    { ...UPDATE, oldObject: null },
    { subject: 'broken', reason: expect.stringContaining('"pod"') },
  ],
  [
    'a Deployment',
    { kind: DEPLOYMENT, object: workloadOf('a:1') },
    { subject: 'template', pod: podOf('a:1'), isControlled: false },
  ],
  [
    'a Deployment with a controller',
    { kind: DEPLOYMENT, object: workloadOf('a:1', OWNED) },
    { subject: 'template', isControlled: true },
  ],
  [
    'an update of the template of a Deployment',
    { kind: DEPLOYMENT, operation: 'UPDATE', oldObject: workloadOf('a:1'), object: workloadOf('a:2') },
    { subject: 'template', pod: podOf('a:2') },
  ],
  [
    'an update of other fields of a Deployment',
    {
      kind: DEPLOYMENT,
      operation: 'UPDATE',
      oldObject: workloadOf('a:1'),
      object: workloadOf('a:1', { labels: { a: 'b' } }),
    },
    { subject: 'none', reason: 'its Pod template is unchanged' },
  ],
  [
    'an update without the old Deployment',
    { kind: DEPLOYMENT, operation: 'UPDATE', object: workloadOf('a:1') },
    { subject: 'template' },
  ],
  [
    'a Deployment that is being deleted',
    { kind: DEPLOYMENT, object: workloadOf('a:1', DELETED) },
    { subject: 'none', reason: 'it is being deleted' },
  ],
  [
    'the scale of a Deployment',
    { kind: DEPLOYMENT, operation: 'UPDATE', subResource: 'scale' },
    { subject: 'none', reason: 'sub-resource scale is not judged' },
  ],
  [
    'a subresource that only Pods have',
    { kind: DEPLOYMENT, subResource: 'ephemeralcontainers', object: workloadOf('a:1') },
    { subject: 'none' },
  ],
  [
    'an invalid template',
    { kind: DEPLOYMENT, object: workloadOf(3) },
    { subject: 'broken', reason: expect.stringContaining('"spec.containers[0].image"') },
  ],
  ['no template', { kind: DEPLOYMENT, object: { spec: {} } }, { subject: 'broken' }],
  [
    'a Pod of another API group',
    { kind: { group: 'x.io', version: 'v1', kind: 'Pod' } },
    { subject: 'none', reason: 'kind Pod creates no Pods' },
  ],
  ['no object', { object: null }, { subject: 'broken' }],
])('%s', (_case, parts, expected) => {
  expect(readSubject(ask(parts))).toMatchObject(expected);
});

test('the Pod is the object of the request, not a copy', () => {
  const request = parseReview(readReview('03'));
  expect(readSubject(request)).toHaveProperty('pod', request.object);
});

test.each(REVIEW_FILES)('the subject of %s is that of its name', (file) => {
  const { subject } = readSubject(parseReview(readReview(file)));
  const isPod = /-create-pod-/.test(file) || /^1[67]/.test(file);
  expect(subject).toBe(isPod ? 'pod' : file.includes('-update-pod-') ? 'none' : 'template');
});
