import { expect, test } from 'vitest';
import { auditObjects } from '../support/kubernetes/listed-cluster.ts';

const FORBIDDEN = { kind: 'Status', code: 403, reason: 'Forbidden', message: 'ann cannot list it' };

test('a report names the kinds that one missing right hides, so that earlier results about them are kept', async () => {
  const hidden = new Set(['/apis/apps/v1/deployments', '/apis/batch/v1/jobs']);
  const { report, exitCode } = await auditObjects({}, (path) => (hidden.has(path) ? FORBIDDEN : undefined));
  expect(report.unreadable).toMatchObject([
    {
      what: 'deployments.apps, jobs.batch',
      kinds: [
        { group: 'apps', kind: 'Deployment' },
        { group: 'batch', kind: 'Job' },
      ],
    },
  ]);
  expect([report.isComplete, exitCode]).toEqual([false, 3]);
});
