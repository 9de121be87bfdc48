import { expect, test } from 'vitest';
import { auditObjects } from '../support/kubernetes/listed-cluster.ts';

// The controller of an object is its author's text. With one that cannot have made it, or a cycle, tenants hid templates from an
// audit: it took the object for a part of its controller, and judged neither.

const SPEC = { template: { spec: { containers: [{ name: 'app', image: 'r.example/NO-REFERENCE' }] } } };

function owned(name: string, apiVersion: string, kind: string, controller: string): object {
  const reference = { apiVersion, kind, name: controller, uid: `uid-${controller}`, controller: true };
  return {
    metadata: { name, namespace: 'zoo', uid: `uid-${name}`, ownerReferences: [reference] },
    spec: SPEC,
  };
}

const DEPLOYMENTS = '/apis/apps/v1/deployments';
const REPLICA_SETS = '/apis/apps/v1/replicasets';

test.each([
  [
    'each other',
    DEPLOYMENTS,
    [owned('a', 'apps/v1', 'Deployment', 'b'), owned('b', 'apps/v1', 'Deployment', 'a')],
  ],
  ['themselves', DEPLOYMENTS, [owned('a', 'apps/v1', 'Deployment', 'a')]],
  ['what makes no Deployments', DEPLOYMENTS, [owned('a', 'batch/v1', 'CronJob', 'x')]],
  ['what the API server does not serve', REPLICA_SETS, [owned('a', 'argoproj.io/v1alpha1', 'Rollout', 'x')]],
])('objects that say they belong to %s are judged', async (_case, path, objects) => {
  const { report } = await auditObjects({ [path]: objects });
  expect(report.workloads).toHaveLength(objects.length);
  for (const { images } of report.workloads) expect(images).toMatchObject([{ container: 'app' }]);
});

test('the parts of a Deployment have no row of their own', async () => {
  const deployment = { metadata: { name: 'x', namespace: 'zoo', uid: 'uid-x' }, spec: SPEC };
  const { report } = await auditObjects({
    [DEPLOYMENTS]: [deployment],
    [REPLICA_SETS]: [owned('x-1', 'apps/v1', 'Deployment', 'x')],
  });
  expect(report.workloads.map(({ subject }) => subject.kind)).toEqual(['Deployment']);
});

test('a login in the address of the API server is in no report', async () => {
  const { stdout, stderr, report } = await auditObjects({});
  expect(report.cluster.server).toMatch(/^http:\/\/[\w.:]+\/$/);
  expect(stdout + stderr).not.toMatch(/p4ss/);
});
