import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { renderAudit } from '../../../src/cli/audit/render-table.ts';
import { createPage } from '../../../src/cli/page.ts';
import { auditedWorkload, auditReport } from '../../support/audit/audit-reports.ts';

function workload(name: string, hangsOn: Parameters<typeof auditedWorkload>[2]) {
  const subject = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: name };
  return auditedWorkload(subject, [], { outcome: 'undecided', ...hangsOn });
}

test('an undecided workload names the facts that could not be read, and is not grouped with one that lacks others', () => {
  const page = createPage({ stdout: new Writable(), env: { COLUMNS: '120' } });
  const report = auditReport([
    workload('one', { hangsOn: ['nodes', 'limit-ranges'] }),
    workload('two', { hangsOn: ['images'], notes: ['container "app": timeout'] }),
    workload('three', { hangsOn: ['nodes', 'limit-ranges'] }),
  ]);
  const [, ...lines] = renderAudit(page, report, { isQuiet: true, failOn: 'error' }).trimEnd().split('\n');
  expect(lines.map((line) => line.replaceAll(/\s+/g, ' ').trim())).toEqual([
    'undecided Deployment one',
    'undecided Deployment three',
    'note depends on the nodes and the LimitRanges of its namespace, which could not be read',
    'undecided Deployment two',
    'note container "app": timeout',
  ]);
});
