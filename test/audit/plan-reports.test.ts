import { describe, expect, test } from 'vitest';
import type { AuditSubject } from '../../src/audit/audit-report.ts';
import {
  desiredReports,
  firstSeenIn,
  isOwnReport,
  isSameReport,
  mergeReport,
  renderReport,
  type DesiredReport,
} from '../../src/audit/plan-reports.ts';
import { auditedWorkload, auditFinding, auditReport } from '../support/audit/audit-reports.ts';

const SUBJECT: AuditSubject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
  uid: '11111111-2222-3333-4444-555555555555',
};
const NAME = `wasmgate-${SUBJECT.uid}`;
const NOTHING_SEEN = { takenAt: '2026-11-29T10:00:00.250Z', firstSeen: new Map() } as const;
const UNKNOWN = { kind: 'unknown', flavour: null, shape: null, reason: 'timeout' } as const;

type Findings = Parameters<typeof auditedWorkload>[1];

function desired(findings: Findings, other: Parameters<typeof auditedWorkload>[2] = {}): DesiredReport {
  const found = desiredReports(auditReport([auditedWorkload(SUBJECT, findings, other)])).get(NAME);
  if (found === undefined) throw new Error('no report');
  return found;
}

function results(report: object): readonly Readonly<Record<string, unknown>>[] {
  return (report as { readonly results: readonly Readonly<Record<string, unknown>>[] }).results;
}

describe('the report of a workload', () => {
  test('names its subject as owner and as scope', () => {
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: SUBJECT.uid };
    expect(
      renderReport('openreports.io', desired([auditFinding('command-required')]), NOTHING_SEEN),
    ).toMatchObject({
      apiVersion: 'openreports.io/v1alpha1',
      kind: 'Report',
      metadata: { name: NAME, namespace: 'shop', ownerReferences: [reference] },
      source: 'wasmgate',
      scope: { ...reference, namespace: 'shop' },
    });
  });

  test.each([
    [{ severity: 'error' }, { result: 'fail', severity: 'high' }],
    [{ severity: 'warning' }, { result: 'warn', severity: 'medium' }],
    [{ severity: 'info' }, { result: 'warn', severity: 'info' }],
    [
      { severity: 'error', action: 'excepted' },
      { result: 'skip', severity: 'high' },
    ],
  ] as const)('rates %j as %j', (finding, expected) => {
    const report = renderReport(
      'wgpolicyk8s.io',
      desired([auditFinding('command-required', finding)]),
      NOTHING_SEEN,
    );
    expect(results(report)).toMatchObject([
      { ...expected, source: 'wasmgate', policy: 'wasmgate', rule: 'command-required' },
    ]);
    expect(report).toMatchObject({ summary: { [expected.result]: 1 } });
  });

  test('says of a finding whom it concerns and what to do', () => {
    const running = auditFinding('wasm-image-without-runtime-class', { concerns: 'running-pods', pods: 200 });
    const [result] = results(renderReport('openreports.io', desired([running]), NOTHING_SEEN));
    expect(result).toMatchObject({
      message: running.message,
      properties: { container: 'app', concerns: 'running-pods', pods: '200', advice: running.advice },
    });
  });

  test('has the worst results first, and counts each kind', () => {
    const findings = [
      auditFinding('packaging-advice', { severity: 'info' }),
      auditFinding('memory-below-floor', { severity: 'warning' }),
      auditFinding('command-required'),
    ];
    const report = renderReport('openreports.io', desired(findings), NOTHING_SEEN);
    expect(results(report).map(({ rule }) => rule)).toEqual([
      'command-required',
      'memory-below-floor',
      'packaging-advice',
    ]);
    expect(report).toMatchObject({ summary: { pass: 0, fail: 1, warn: 2, error: 0, skip: 0 } });
  });

  test('is an error for an image that was not read, with a finding about it or without', () => {
    const images = ['app', 'side'].map((container) => ({
      container,
      image: `r/${container}`,
      verdict: UNKNOWN,
    }));
    const doubtful = auditFinding('handler-may-not-run-image', { isDoubtful: true });
    const workload = auditedWorkload(SUBJECT, [doubtful], {
      outcome: 'undecided',
      hangsOn: ['images'],
      images,
    });
    const audited = { image: 'r/side', verdict: UNKNOWN, workloads: 1, detail: 'no answer', advice: null };
    const report = desiredReports(auditReport([workload], { images: [audited] })).get(NAME);
    if (report === undefined) throw new Error('no report');
    expect(results(renderReport('openreports.io', report, NOTHING_SEEN))).toMatchObject([
      { rule: 'handler-may-not-run-image', result: 'error' },
      { rule: 'image-unknown', result: 'error', properties: { container: 'app' } },
      { rule: 'image-unknown', message: 'container "side" (image r/side): no answer' },
    ]);
  });

  test('does not repeat a finding about an unknown image', () => {
    const images = [{ container: 'app', image: 'r/app', verdict: UNKNOWN }];
    const finding = auditFinding('image-unknown', { severity: 'warning' });
    const report = desired([finding], { outcome: 'undecided', hangsOn: ['images'], images });
    expect(results(renderReport('openreports.io', report, NOTHING_SEEN))).toMatchObject([
      { rule: 'image-unknown', result: 'error', message: finding.message },
    ]);
  });

  test.each(['runtime-classes', 'manifest'] as const)('is an error if %s is unknown', (matter) => {
    const report = desired([], { outcome: 'undecided', hangsOn: [matter] });
    expect(results(renderReport('openreports.io', report, NOTHING_SEEN))).toMatchObject([
      { rule: 'undecided', result: 'error' },
    ]);
  });

  test('does not exist for a workload without findings, or without a uid', () => {
    const workloads = [
      auditedWorkload(SUBJECT),
      auditedWorkload({ ...SUBJECT, uid: '' }, [auditFinding('command-required')]),
      auditedWorkload({ ...SUBJECT, uid: '../x' }, [auditFinding('command-required')]),
    ];
    expect(desiredReports(auditReport(workloads)).size).toBe(0);
  });

  test('stays below 1 MiB, and says how much it leaves out', () => {
    const long = '"'.repeat(100_000);
    const findings = Array.from({ length: 1000 }, () =>
      auditFinding('command-required', { message: long, advice: long }),
    );
    const report = renderReport('openreports.io', desired(findings), NOTHING_SEEN);
    expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThan(1024 * 1024);
    const shown = results(report).length - 1;
    expect(shown).toBeGreaterThan(10);
    expect(results(report).at(-1)).toMatchObject({
      rule: 'results-left-out',
      result: 'skip',
      message: expect.stringContaining(`${1000 - shown} more`),
    });
    expect(report).toMatchObject({ summary: { fail: shown, skip: 1 } });
  });

  test('is limited in number, too', () => {
    const findings = Array.from({ length: 251 }, () => auditFinding('command-required'));
    const report = renderReport('openreports.io', desired(findings), NOTHING_SEEN);
    expect(report).toMatchObject({ summary: { fail: 250, skip: 1 } });
  });

  test('has no control characters', () => {
    const finding = auditFinding('command-required', { message: 'a\u001b[31mb', advice: 'c\u202ed' });
    const [result] = results(renderReport('openreports.io', desired([finding]), NOTHING_SEEN));
    expect(result).toMatchObject({ message: 'a [31mb', properties: { advice: 'c d' } });
  });
});

describe('the time of a finding', () => {
  const first = renderReport('openreports.io', desired([auditFinding('command-required')]), NOTHING_SEEN);
  const later = { takenAt: '2026-11-29T11:00:00Z', firstSeen: firstSeenIn(first) };

  test('is that of the audit', () => {
    expect(results(first)).toMatchObject([{ timestamp: { seconds: 1_795_946_400, nanos: 250_000_000 } }]);
  });

  test('stays while the finding stays, whatever its words', () => {
    const findings = [
      auditFinding('command-required', { message: 'other' }),
      auditFinding('tty-unsupported'),
    ];
    expect(results(renderReport('openreports.io', desired(findings), later))).toMatchObject([
      { rule: 'command-required', timestamp: { seconds: 1_795_946_400, nanos: 250_000_000 } },
      { rule: 'tty-unsupported', timestamp: { seconds: 1_795_950_000, nanos: 0 } },
    ]);
  });

  test.each([{ container: 'side' }, { concerns: 'running-pods', pods: 1 }] as const)(
    'is new for %j',
    (other) => {
      const report = renderReport(
        'openreports.io',
        desired([auditFinding('command-required', other)]),
        later,
      );
      expect(results(report)).toMatchObject([{ timestamp: { seconds: 1_795_950_000 } }]);
    },
  );

  test.each([undefined, 5, { seconds: '1', nanos: 0 }, { seconds: 1.5, nanos: 0 }])(
    'is new if the stored one is %j',
    (timestamp) => {
      const stored = { results: [{ rule: 'command-required', timestamp }, null] };
      expect(firstSeenIn(stored).size).toBe(0);
    },
  );
});

describe('a stored report', () => {
  const rendered = renderReport('openreports.io', desired([auditFinding('command-required')]), NOTHING_SEEN);
  const metadata = rendered['metadata'] as object;
  const stored = {
    ...rendered,
    metadata: {
      managedFields: [],
      resourceVersion: '5',
      ...metadata,
      labels: { team: 'a', 'app.kubernetes.io/managed-by': 'wasmgate' },
    },
  };

  test('is the same, whatever others added to its metadata', () => {
    expect(isSameReport(stored, mergeReport(stored, rendered))).toBe(true);
    expect(mergeReport(stored, rendered)).toMatchObject({
      metadata: { resourceVersion: '5', labels: { team: 'a' } },
    });
  });

  test.each([
    { summary: {} },
    { results: [] },
    { scope: undefined },
    { metadata: { ...stored.metadata, ownerReferences: [] } },
  ])('differs with %j', (change) => {
    const other = { ...stored, ...change };
    expect(isSameReport(other, mergeReport(other, rendered))).toBe(false);
  });

  test('is of wasmgate by label and name', () => {
    expect(isOwnReport(stored)).toBe(true);
    expect(isOwnReport({ metadata: { ...metadata, labels: {} } })).toBe(false);
    expect(isOwnReport({ metadata: { ...metadata, name: SUBJECT.uid } })).toBe(false);
  });
});
