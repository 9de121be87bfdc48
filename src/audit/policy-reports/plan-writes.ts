import { describeError } from '../../lib/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { metadataText } from '../../pod/object-metadata.ts';
import type { AuditReport } from '../audit-report.ts';
import type { ReportStorePort } from '../ports.ts';
import { desiredReports } from './desired-reports.ts';
import {
  isOwnReport,
  isSameReport,
  mergeReport,
  renderReport,
  REPORT_SELECTOR,
  reportKey,
  reportName,
  resultsIn,
  type DesiredReport,
  type EarlierResults,
} from './render-report.ts';
import { REPORT_KINDS, type ReportApi } from './report-apis.ts';

export function keyOf(report: JsonObject): string {
  return reportKey({ namespace: metadataText(report, 'namespace'), name: metadataText(report, 'name') });
}

/** A report to create or to change. */
export interface Task {
  /** By `reportKey`. */
  readonly key: string;
  readonly desired: DesiredReport;
  /** The report as it was listed; null if there is none. */
  readonly stored: JsonObject | null;
  /** From a report in the other API, which this one replaces. */
  readonly replaced: EarlierResults;
}

interface Removal {
  readonly api: ReportApi;
  readonly stored: JsonObject;
}

export interface Plan {
  readonly tasks: readonly Task[];
  readonly removals: readonly Removal[];
}

export type WriteResult = 'created' | 'updated' | 'unchanged' | 'gone';

/** What the steps of one run share. */
export interface Run {
  readonly store: ReportStorePort;
  readonly audit: AuditReport;
  readonly api: ReportApi;
  readonly signal: AbortSignal;
  readonly counts: Record<WriteResult | 'removed', number>;
  readonly failures: string[];
  /** Keys of reports that could not be written. */
  readonly failed: Set<string>;
}

const NO_RESULTS: EarlierResults = new Map();

/** Returns a test for reports that may be removed: if not everything was audited, only those of what was. */
function createRemovalTest({ isComplete, scope, workloads }: AuditReport): (report: JsonObject) => boolean {
  if (isComplete && scope.selector === '') return () => true;
  const judged = new Set(
    workloads.map(({ subject }) =>
      reportKey({ namespace: subject.namespace, name: reportName(subject) ?? '' }),
    ),
  );
  return (report) => judged.has(keyOf(report));
}

/** Visits the stored reports of wasmgate in the scope of the audit. */
async function visitOwn(run: Run, api: ReportApi, visit: (report: JsonObject) => void): Promise<void> {
  const scope = { namespace: run.audit.scope.namespace, selector: REPORT_SELECTOR };
  for await (const page of run.store.pages(REPORT_KINDS[api], scope, run.signal)) {
    for (const report of page) if (isOwnReport(report)) visit(report);
  }
}

/** Renders what a report should be: `same` if it is so already, `empty` if there should be none. */
export function renderChange(
  { api, audit }: Run,
  { desired, stored, replaced }: Task,
): JsonObject | 'same' | 'empty' {
  const earlier = stored === null ? replaced : resultsIn(stored);
  const rendered = renderReport(api, desired, { takenAt: audit.takenAt, earlier });
  if (rendered === null) return 'empty';
  if (stored === null) return rendered;
  const merged = mergeReport(stored, rendered);
  return isSameReport(stored, merged) ? 'same' : merged;
}

/** Plans the removal of reports in an API that is not written. If they cannot be listed, they stay. */
async function planReplaced(run: Run, api: ReportApi, visit: (report: JsonObject) => void): Promise<void> {
  try {
    await visitOwn(run, api, visit);
  } catch (error) {
    run.failures.push(describeError(error));
  }
}

/** Lists what is stored, plans what to change, and keeps in memory only what changes. */
export async function planWrites(run: Run, served: readonly ReportApi[]): Promise<Plan> {
  const missing = new Map(desiredReports(run.audit));
  const mayRemove = createRemovalTest(run.audit);
  const [tasks, removals]: [Task[], Removal[]] = [[], []];
  const replaced = new Map<string, EarlierResults>();
  for (const api of served.filter((one) => one !== run.api)) {
    await planReplaced(run, api, (stored) => {
      const key = keyOf(stored);
      if (missing.has(key)) replaced.set(key, resultsIn(stored));
      if (mayRemove(stored)) removals.push({ api, stored });
    });
  }
  await visitOwn(run, run.api, (stored) => {
    const key = keyOf(stored);
    const desired = missing.get(key);
    if (desired === undefined) {
      if (mayRemove(stored)) removals.push({ api: run.api, stored });
      return;
    }
    missing.delete(key);
    const task = { key, desired, stored, replaced: NO_RESULTS };
    const change = renderChange(run, task);
    if (change === 'same') run.counts.unchanged += 1;
    else if (change === 'empty') removals.push({ api: run.api, stored });
    else tasks.push(task);
  });
  for (const [key, desired] of missing) {
    const task = { key, desired, stored: null, replaced: replaced.get(key) ?? NO_RESULTS };
    if (renderChange(run, task) !== 'empty') tasks.push(task);
  }
  return { tasks, removals };
}
