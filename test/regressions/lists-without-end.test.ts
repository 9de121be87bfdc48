import { expect, test } from 'vitest';
import { collectManifests } from '../../src/cli/review/manifests.ts';
import { auditObjects } from '../support/kubernetes/listed-cluster.ts';

// An API server, or one that is aggregated into it, may send anything.

const DEPLOYMENTS = '/apis/apps/v1/deployments';

test('an audit ends if a list goes on where it began', async () => {
  let requests = 0;
  const { report, exitCode } = await auditObjects({}, (path, query) => {
    if (path !== DEPLOYMENTS || query.has('labelSelector')) return undefined;
    requests += 1;
    return requests > 10 ? { items: [] } : { metadata: { continue: 'again' }, items: [] };
  });
  expect(requests).toBe(2);
  expect(report).toMatchObject({
    isComplete: false,
    unreadable: [
      {
        what: 'deployments',
        message: 'Cannot list deployments in all namespaces: its next page begins where this one did',
      },
    ],
  });
  expect(exitCode).toBe(3);
});

test('a page that is too large for the memory of a CronJob is requested in parts', async () => {
  const data = 'x'.repeat(1024 * 1024);
  const limits: number[] = [];
  const { report } = await auditObjects({}, (path, query) => {
    if (path !== DEPLOYMENTS || query.has('labelSelector')) return undefined;
    const limit = Number(query.get('limit'));
    limits.push(limit);
    const start = Number(query.get('continue') ?? 0);
    const end = Math.min(20, start + limit);
    const items = Array.from({ length: end - start }, (_, index) => ({
      metadata: { name: `d${start + index}`, namespace: 'zoo', annotations: { data } },
      spec: { template: { spec: { containers: [{ name: 'app', image: 'r.example/NO-REFERENCE' }] } } },
    }));
    return { metadata: end < 20 ? { continue: String(end) } : {}, items };
  });
  expect(report.isComplete).toBe(true);
  expect(report.workloads).toHaveLength(20);
  expect(limits.slice(0, 4)).toEqual([100, 25, 7, 14]);
});

test('a List of a file may have more items than a call takes arguments', () => {
  const items = Array.from({ length: 300_000 }, () => ({ apiVersion: 'v1', kind: 'Pod' }));
  const value = { apiVersion: 'v1', kind: 'List', items };
  const extent = { start: 0, end: 0, line: 1 };
  const parsed = { file: 'x', document: 1, line: 1, itemLines: [], comment: '', extent, value };
  expect(collectManifests([parsed]).manifests).toHaveLength(items.length);
});
