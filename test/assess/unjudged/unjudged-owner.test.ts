import { expect, test } from 'vitest';
import { describeRecreation } from '../../../src/assess/unjudged/recreation.ts';
import { ownerOf } from '../../../src/assess/unjudged/unjudged-owner.ts';
import type { OwnerReference } from '../../../src/pod/pod.ts';

const BARE = 'Delete the Pod and create it again. Run: kubectl delete pod app-1 -n team-a';

function cureOf(owner: Partial<OwnerReference>, labels: Readonly<Record<string, string>> = {}): string {
  const reference = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'app',
    uid: 'u9',
    controller: true,
    ...owner,
  };
  const metadata = { name: 'app-1', uid: 'u1', labels, ownerReferences: [reference] };
  const found = ownerOf({ metadata, spec: { containers: [] } });
  if (found === null) return '';
  return describeRecreation({ ...found, namespace: 'team-a', pod: { name: 'app-1' } });
}

test.each<[string, Partial<OwnerReference>, Readonly<Record<string, string>>, string]>([
  [
    'a Deployment behind its ReplicaSet',
    { name: 'web-app-5d8f' },
    { 'pod-template-hash': '5d8f' },
    'Run: kubectl rollout restart deployment/web-app -n team-a',
  ],
  [
    'a ReplicaSet without a Deployment',
    { name: 'web' },
    {},
    'Delete its Pods; the ReplicaSet creates new ones. Run: kubectl delete pod app-1 -n team-a',
  ],
  [
    'a ReplicaSet whose name has another hash',
    { name: 'web-5d8f' },
    { 'pod-template-hash': '77aa' },
    'Delete its Pods; the ReplicaSet creates new ones. Run: kubectl delete pod app-1 -n team-a',
  ],
  [
    'a StatefulSet',
    { kind: 'StatefulSet', name: 'db' },
    {},
    'Run: kubectl rollout restart statefulset/db -n team-a',
  ],
  [
    'a DaemonSet',
    { kind: 'DaemonSet', name: 'agent' },
    {},
    'Run: kubectl rollout restart daemonset/agent -n team-a',
  ],
  [
    'a Job',
    { apiVersion: 'batch/v1', kind: 'Job', name: 'once' },
    {},
    'Delete the Job and create it again. Run: kubectl delete job once -n team-a',
  ],
  [
    'a controller of another group',
    { apiVersion: 'apps.kruise.io/v1', kind: 'StatefulSet', name: 'db' },
    {},
    'Delete its Pods; the StatefulSet creates new ones. Run: kubectl delete pod app-1 -n team-a',
  ],
  ['an owner that is not a controller', { controller: false }, {}, BARE],
  ['an owner whose name a shell would execute', { name: '$(reboot)' }, {}, BARE],
  ['an invalid kind', { kind: 'Pod; reboot' }, {}, BARE],
  ['a hash that leaves no name', { name: '-5d8f' }, { 'pod-template-hash': '5d8f' }, BARE],
])('%s: the command that recreates its Pods', (_case, owner, labels, cure) => {
  expect(cureOf(owner, labels)).toBe(cure);
});

/** A name that was null ended admissions with HTTP 500 (npm run soak). */
test.each([null, 0, [], {}, true])('metadata with %j in place of a string counts as absent', (odd) => {
  const named = { name: 'app-1', uid: 'u1' };
  for (const change of [{ name: odd }, { uid: odd }]) {
    const metadata = { ...named, ...change } as typeof named;
    expect(ownerOf({ metadata, spec: { containers: [] } })).toBeNull();
  }
  for (const key of ['apiVersion', 'kind', 'name', 'uid']) expect(cureOf({ [key]: odd })).toBe(BARE);
});
