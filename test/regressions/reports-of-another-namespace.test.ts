import { expect, test } from 'vitest';
import type { AuditedWorkload, AuditReport, AuditSubject } from '../../src/audit/audit-report.ts';
import { POD } from '../../src/audit/audited-kinds.ts';
import { desiredReports } from '../../src/audit/policy-reports/desired-reports.ts';
import { REPORT_KINDS, type ReportApi } from '../../src/audit/policy-reports/report-apis.ts';
import { openReports } from '../../src/audit/policy-reports/write-reports.ts';
import type { ReportStorePort } from '../../src/audit/ports.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { auditedWorkload, auditFinding, auditReport } from '../support/audit/audit-reports.ts';

// An ownerReference is the Pod author's text, and its uid names the report. A tenant whose Pod named the uid of a workload in
// another namespace had that workload's report deleted, and could put results into it.

const UID = '11111111-2222-3333-4444-555555555555';
const NAME = `wasmgate-${UID}`;
const VICTIM: AuditSubject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
  uid: UID,
};
const ATTACKER: AuditSubject = {
  apiVersion: 'evil.example/v1',
  kind: 'Owner',
  namespace: 'zoo',
  name: 'x',
  uid: UID,
};
const never = new AbortController().signal;

type Stored = Map<string, { readonly api: string; readonly report: JsonObject }>;

function keyOf({ group }: { readonly group: string }, report: JsonObject): string {
  const { namespace, name } = report['metadata'] as { readonly namespace: string; readonly name: string };
  return `${group} ${namespace}/${name}`;
}

/** An API server's reports in memory. */
function createStore(stored: Stored): ReportStorePort {
  return {
    isServed: () => Promise.resolve(true),
    // eslint-disable-next-line @typescript-eslint/require-await
    async *pages({ group }, { namespace }) {
      yield [...stored.values()]
        .filter(({ api }) => api === group)
        .map(({ report }) => report)
        .filter(
          ({ metadata }) =>
            namespace === null || (metadata as { readonly namespace: string }).namespace === namespace,
        );
    },
    read: (kind, { namespace, name }) =>
      Promise.resolve(stored.get(`${kind.group} ${namespace}/${name}`)?.report ?? null),
    write: (kind, report) => {
      stored.set(keyOf(kind, report), { api: kind.group, report });
      return Promise.resolve('written');
    },
    remove: (kind, report) => Promise.resolve(stored.delete(keyOf(kind, report))),
  };
}

async function write(
  stored: Stored,
  workloads: readonly AuditedWorkload[],
  other: Partial<AuditReport> & { readonly api?: ReportApi } = {},
): Promise<readonly string[]> {
  const { api, ...audit } = other;
  const reports = await openReports(createStore(stored), { api }, never);
  const written = await reports.write(auditReport(workloads, audit), never);
  expect(written.failures).toEqual([]);
  return [...stored.keys()].toSorted();
}

const victim = auditedWorkload(VICTIM, [auditFinding('command-required')]);
const attacker = auditedWorkload(ATTACKER, [auditFinding('tty-unsupported', { severity: 'info' })]);
const INCOMPLETE = {
  isComplete: false,
  unreadable: [{ what: 'pods', kinds: [POD], message: '', advice: '' }],
};

test('the uid of a workload in another namespace does not remove its report', async () => {
  const stored: Stored = new Map();
  const both = [`openreports.io shop/${NAME}`, `openreports.io zoo/${NAME}`];
  expect(await write(stored, [victim, attacker])).toEqual(both);
  expect(await write(stored, [victim, attacker])).toEqual(both);
  expect(stored.get(both[0] ?? '')?.report).toMatchObject({
    scope: { name: 'web' },
    results: [{ rule: 'command-required' }],
  });
});

test('nor in an audit that judged the other namespace only', async () => {
  const stored: Stored = new Map();
  await write(stored, [victim]);
  const keys = await write(stored, [attacker], { isComplete: false, isInterrupted: true });
  expect(keys).toEqual([`openreports.io shop/${NAME}`, `openreports.io zoo/${NAME}`]);
});

test('a report of the same name in the other API puts no results into it', async () => {
  const stored: Stored = new Map();
  const forged = auditedWorkload(ATTACKER, [auditFinding('file-not-wasm', { concerns: 'running-pods' })]);
  await write(stored, [forged], { api: 'wgpolicyk8s.io' });
  expect(stored.size).toBe(1);
  await write(stored, [victim], INCOMPLETE);
  const { group } = REPORT_KINDS['openreports.io'];
  expect(stored.get(`${group} shop/${NAME}`)?.report).toMatchObject({
    results: [{ rule: 'command-required' }],
  });
});

test('an owner with the uid of a workload in its own namespace hides none of its findings', () => {
  const rival = { ...attacker, subject: { ...ATTACKER, namespace: 'shop' } };
  for (const workloads of [
    [victim, rival],
    [rival, victim],
  ]) {
    const report = desiredReports(auditReport(workloads)).get(`shop/${NAME}`);
    expect(report?.subject).toEqual(VICTIM);
    expect(report?.rows.map(({ rule }) => rule)).toEqual(['command-required', 'tty-unsupported']);
  }
});

test('the reason why an image is unknown does not come from the lookup of another namespace', () => {
  const verdict = { kind: 'unknown', flavour: null, shape: null, reason: 'rate-limited' } as const;
  const unknown = {
    outcome: 'undecided',
    hangsOn: ['images'],
    images: [{ container: 'app', image: 'r/app', verdict }],
  } as const;
  const detail = 'namespace "shop" has too many other lookups in progress';
  const images = [{ image: 'r/app', verdict, workloads: 2, detail, advice: null }];
  const zoo = { ...ATTACKER, uid: 'b' };
  const noted = { ...unknown, notes: ['container "app": no answer'] };
  const messages = [unknown, noted].map((own) => {
    const audit = auditReport([auditedWorkload(VICTIM, [], unknown), auditedWorkload(zoo, [], own)], {
      images,
    });
    return desiredReports(audit).get('zoo/wasmgate-b')?.rows[0]?.message;
  });
  expect(messages).toEqual([
    'container "app" (image r/app): the registry did not say what it is',
    'container "app" (image r/app): no answer',
  ]);
});
