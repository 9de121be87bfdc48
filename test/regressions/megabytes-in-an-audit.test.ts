import { expect, test } from 'vitest';
import { auditObjects } from '../support/kubernetes/listed-cluster.ts';

// The API server checks no length of an image's name. An audit kept a megabyte of each, and a tenant's hundred such objects ended a
// CronJob of 256 MiB.

test.each([
  ['a workload', '/apis/apps/v1/deployments', (spec: object) => ({ spec: { template: { spec } } })],
  ['a Pod', '/api/v1/pods', (spec: object) => ({ spec, status: { phase: 'Running' } })],
])('a report holds the beginning and the end of the image of %s', async (_case, path, objectOf) => {
  const image = `r.example/${'A'.repeat(1024 * 1024)}:end`;
  const metadata = { name: 'a', namespace: 'zoo', uid: 'uid-a' };
  const object = { metadata, ...objectOf({ containers: [{ name: 'app', image }] }) };
  const { stdout, report } = await auditObjects({ [path]: [object] });
  expect(stdout.length).toBeLessThan(16 * 1024);
  const [shown] = report.workloads[0]?.images ?? [];
  expect(shown?.image).toMatch(/^r\.example\/A+…A+:end$/);
  expect(report.images).toMatchObject([{ image: shown?.image, workloads: 1 }]);
});
