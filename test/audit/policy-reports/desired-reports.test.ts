import { describe, expect, test } from 'vitest';
import type { AuditReport, AuditSubject } from '../../../src/audit/audit-report.ts';
import { NAMESPACE, POD } from '../../../src/audit/audited-kinds.ts';
import { desiredReports } from '../../../src/audit/policy-reports/desired-reports.ts';
import {
  isOwnReport,
  isSameReport,
  mergeReport,
  renderReport,
  resultsIn,
  type DesiredReport,
  type ReportContext,
} from '../../../src/audit/policy-reports/render-report.ts';
import { type ReportApi } from '../../../src/audit/policy-reports/report-apis.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import type { GroupKind } from '../../../src/pod/workloads.ts';
import { auditedWorkload, auditFinding, auditReport } from '../../support/audit/audit-reports.ts';

const SUBJECT: AuditSubject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
  uid: '11111111-2222-3333-4444-555555555555',
};
const NAME = `wasmgate-${SUBJECT.uid}`;
const KEY = `shop/${NAME}`;
const NOTHING_SEEN: ReportContext = { takenAt: '2026-11-29T10:00:00.250Z', earlier: new Map() };
const UNKNOWN = { kind: 'unknown', flavour: null, shape: null, reason: 'timeout' } as const;

type Findings = Parameters<typeof auditedWorkload>[1];

function desired(findings: Findings, other: Parameters<typeof auditedWorkload>[2] = {}): DesiredReport {
  const found = desiredReports(auditReport([auditedWorkload(SUBJECT, findings, other)])).get(KEY);
  if (found === undefined) throw new Error('no report');
  return found;
}

function render(api: ReportApi, report: DesiredReport, context = NOTHING_SEEN): JsonObject {
  const rendered = renderReport(api, report, context);
  if (rendered === null) throw new Error('no report');
  return rendered;
}

function results(report: object): readonly JsonObject[] {
  return (report as { readonly results: readonly JsonObject[] }).results;
}

describe('the report of a workload', () => {
  test('names its subject as owner and as scope', () => {
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: SUBJECT.uid };
    expect(render('openreports.io', desired([auditFinding('command-required')]))).toMatchObject({
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
    const report = render('wgpolicyk8s.io', desired([auditFinding('command-required', finding)]));
    expect(results(report)).toMatchObject([
      { ...expected, source: 'wasmgate', policy: 'wasmgate', rule: 'command-required' },
    ]);
    expect(report).toMatchObject({ summary: { [expected.result]: 1 } });
  });

  test('says of a finding whom it concerns and what to do', () => {
    const running = auditFinding('wasm-image-without-runtime-class', { concerns: 'running-pods', pods: 200 });
    const [result] = results(render('openreports.io', desired([running])));
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
    const report = render('openreports.io', desired(findings));
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
    const report = desiredReports(auditReport([workload], { images: [audited] })).get(KEY);
    if (report === undefined) throw new Error('no report');
    expect(results(render('openreports.io', report))).toMatchObject([
      { rule: 'handler-may-not-run-image', result: 'error' },
      { rule: 'image-unknown', result: 'error', properties: { container: 'app' } },
      { rule: 'image-unknown', message: 'container "side" (image r/side): no answer' },
    ]);
  });

  test('does not repeat a finding about an unknown image', () => {
    const images = [{ container: 'app', image: 'r/app', verdict: UNKNOWN }];
    const finding = auditFinding('image-unknown', { severity: 'warning' });
    const report = desired([finding], { outcome: 'undecided', hangsOn: ['images'], images });
    expect(results(render('openreports.io', report))).toMatchObject([
      { rule: 'image-unknown', result: 'error', message: finding.message },
    ]);
  });

  test.each(['runtime-classes', 'manifest'] as const)('is an error if %s is unknown', (matter) => {
    const report = desired([], { outcome: 'undecided', hangsOn: [matter] });
    expect(results(render('openreports.io', report))).toMatchObject([{ rule: 'undecided', result: 'error' }]);
  });

  test('does not exist for a workload without findings, or without a uid', () => {
    const workloads = [
      auditedWorkload(SUBJECT),
      auditedWorkload({ ...SUBJECT, uid: '' }, [auditFinding('command-required')]),
      auditedWorkload({ ...SUBJECT, uid: '../x' }, [auditFinding('command-required')]),
    ];
    const reports = [...desiredReports(auditReport(workloads)).values()];
    expect(reports.map((report) => renderReport('openreports.io', report, NOTHING_SEEN))).toEqual([null]);
  });

  test('stays below 1 MiB, and says how much it leaves out', () => {
    const long = '"'.repeat(100_000);
    const findings = Array.from({ length: 1000 }, () =>
      auditFinding('command-required', { message: long, advice: long }),
    );
    const report = render('openreports.io', desired(findings));
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
    const report = render('openreports.io', desired(findings));
    expect(report).toMatchObject({ summary: { fail: 250, skip: 1 } });
  });

  test('has no control characters', () => {
    const finding = auditFinding('command-required', { message: 'a\u001b[31mb', advice: 'c\u202ed' });
    const [result] = results(render('openreports.io', desired([finding])));
    expect(result).toMatchObject({ message: 'a [31mb', properties: { advice: 'c d' } });
  });
});

describe('the time of a finding', () => {
  const first = render('openreports.io', desired([auditFinding('command-required')]));
  const later = { takenAt: '2026-11-29T11:00:00Z', earlier: resultsIn(first) };

  test('is that of the audit', () => {
    expect(results(first)).toMatchObject([{ timestamp: { seconds: 1_795_946_400, nanos: 250_000_000 } }]);
  });

  test('stays while the finding stays, whatever its words', () => {
    const findings = [
      auditFinding('command-required', { message: 'other' }),
      auditFinding('tty-unsupported'),
    ];
    expect(results(render('openreports.io', desired(findings), later))).toMatchObject([
      { rule: 'command-required', timestamp: { seconds: 1_795_946_400, nanos: 250_000_000 } },
      { rule: 'tty-unsupported', timestamp: { seconds: 1_795_950_000, nanos: 0 } },
    ]);
  });

  test.each([{ container: 'side' }, { concerns: 'running-pods', pods: 1 }] as const)(
    'is new for %j',
    (other) => {
      const report = render('openreports.io', desired([auditFinding('command-required', other)]), later);
      expect(results(report)).toMatchObject([{ timestamp: { seconds: 1_795_950_000 } }]);
    },
  );

  test.each([undefined, 5, { seconds: '1', nanos: 0 }, { seconds: 1.5, nanos: 0 }])(
    'is new if the stored one is %j',
    (timestamp) => {
      const stored = { results: [...results(first).map((result) => ({ ...result, timestamp })), null] };
      const context = { ...later, earlier: resultsIn(stored) };
      const report = render('openreports.io', desired([auditFinding('command-required')]), context);
      expect(results(report)).toMatchObject([{ timestamp: { seconds: 1_795_950_000 } }]);
    },
  );
});

describe('an incomplete audit', () => {
  const running = auditFinding('tty-unsupported', { concerns: 'running-pods', pods: 2 });
  const stored = render('openreports.io', desired([auditFinding('command-required'), running]));
  const earlier = resultsIn(stored);

  function rulesAfter(audit: Partial<AuditReport>, findings: Findings = []): unknown {
    const found = desiredReports(auditReport([auditedWorkload(SUBJECT, findings)], audit)).get(KEY);
    if (found === undefined) throw new Error('no report');
    const report = renderReport('openreports.io', found, { ...NOTHING_SEEN, earlier });
    return report === null ? null : results(report).map(({ rule }) => rule);
  }
  const failed = (...kinds: readonly GroupKind[]): Partial<AuditReport> => ({
    isComplete: false,
    unreadable: [{ what: '', kinds, message: '', advice: '' }],
  });
  const deployment = { group: 'apps', kind: 'Deployment' };

  test.each([
    ['interrupted', { isComplete: false, isInterrupted: true }, ['command-required', 'tty-unsupported']],
    ['without namespaces', failed(NAMESPACE), ['command-required', 'tty-unsupported']],
    ['without Pods', failed(POD), ['tty-unsupported']],
    ['without its kind', failed(deployment), ['command-required']],
    ['without its kind and Pods', failed(POD, deployment), ['command-required', 'tty-unsupported']],
    ['without another kind', failed({ group: 'apps', kind: 'StatefulSet' }), null],
    ['without a kind of the same name', failed({ group: 'x', kind: 'Deployment' }), null],
    ['complete', {}, null],
  ] as const)('%s keeps results about what it did not judge', (_case, audit, kept) => {
    expect(rulesAfter(audit)).toEqual(kept);
  });

  test('replaces a result that it found again', () => {
    expect(rulesAfter({ isComplete: false, isInterrupted: true }, [running])).toEqual([
      'tty-unsupported',
      'command-required',
    ]);
  });
});

describe('a stored report', () => {
  const rendered = render('openreports.io', desired([auditFinding('command-required')]));
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
