import { AppError, describeError } from '../../lib/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { createTaskPool } from '../../lib/task-pool.ts';
import { metadataText } from '../../pod/object-metadata.ts';
import type { AuditReport } from '../audit-report.ts';
import type { ReportsPort, ReportStorePort } from '../ports.ts';
import { desiredReports } from './plan-reports.ts';
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
import { REPORT_APIS, REPORT_KINDS, type ReportApi } from './report-apis.ts';

const WRITE_LIMITS = {
  concurrency: 4,
  /** Attempts at a report that others change at the same time. */
  attempts: 4,
} as const;

const INSTALL: Readonly<Record<ReportApi, string>> = {
  'openreports.io': 'https://github.com/openreports/reports-api/releases/download/v0.2.1/install.yaml',
  'wgpolicyk8s.io':
    'https://github.com/kubernetes-sigs/wg-policy-prototypes/raw/master/policy-report/crd/v1alpha2/wgpolicyk8s.io_policyreports.yaml',
};

function describeApi(api: ReportApi): string {
  const { group, version, kind } = REPORT_KINDS[api];
  return `${kind} (${group}/${version})`;
}

function notServed(wanted: readonly ReportApi[]): AppError {
  const [first = 'openreports.io'] = wanted;
  const what = wanted.map(describeApi).join(' nor ');
  return new AppError(
    'reports-not-served',
    `Cannot write reports: the API server serves ${wanted.length > 1 ? 'neither' : 'no'} ${what}`,
    { advice: `Install the CustomResourceDefinition: kubectl apply --server-side -f ${INSTALL[first]}` },
  );
}

async function servedApis(store: ReportStorePort, signal: AbortSignal): Promise<readonly ReportApi[]> {
  const served = await Promise.all(REPORT_APIS.map((api) => store.isServed(REPORT_KINDS[api], signal)));
  return REPORT_APIS.filter((_api, index) => served[index]);
}

function keyOf(report: JsonObject): string {
  return reportKey({ namespace: metadataText(report, 'namespace'), name: metadataText(report, 'name') });
}

/** A report to create or to change. */
interface Task {
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

interface Plan {
  readonly tasks: readonly Task[];
  readonly removals: readonly Removal[];
}

type WriteResult = 'created' | 'updated' | 'unchanged' | 'gone';

/** What the steps of one run share. */
interface Run {
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
function renderChange(
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

/** Lists what is stored, and keeps in memory only what changes. */
async function plan(run: Run, served: readonly ReportApi[]): Promise<Plan> {
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

function foreign(what: string): AppError {
  return new AppError(
    'foreign-report',
    `Cannot write ${what}: it exists, and wasmgate did not write it (it lacks the label ${REPORT_SELECTOR})`,
  );
}

async function writeTask(run: Run, first: Task): Promise<WriteResult> {
  const { store, api, signal } = run;
  const kind = REPORT_KINDS[api];
  const { subject } = first.desired;
  const key = { namespace: subject.namespace, name: reportName(subject) ?? '' };
  const what = `${kind.kind} "${key.namespace}/${key.name}"`;
  let task = first;
  for (let attempt = 0; attempt < WRITE_LIMITS.attempts; attempt += 1) {
    const change = renderChange(run, task);
    // A report that is to be empty is removed at the next audit.
    if (typeof change === 'string') return 'unchanged';
    const result = await store.write(kind, change, signal);
    if (result === 'gone') return 'gone';
    if (result === 'written') return task.stored === null ? 'created' : 'updated';
    const stored = await store.read(kind, key, signal);
    if (stored !== null && !isOwnReport(stored)) throw foreign(what);
    task = { ...task, stored, replaced: task.stored === null ? task.replaced : resultsIn(task.stored) };
  }
  throw new AppError('conflict', `Cannot write ${what}: others keep changing it`);
}

/** Does the work for each item, a few at a time, until the signal fires. A failure ends only its own item. */
async function forEach<Item>(
  { signal, failures }: Run,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const pool = createTaskPool(WRITE_LIMITS.concurrency);
  for (const item of items) {
    if (signal.aborted) break;
    await pool.start(() => work(item).catch((error: unknown) => void failures.push(describeError(error))));
  }
  await pool.finish();
}

async function execute(run: Run, { tasks, removals }: Plan): Promise<void> {
  await forEach(run, tasks, async (task) => {
    run.failed.add(task.key);
    run.counts[await writeTask(run, task)] += 1;
    run.failed.delete(task.key);
  });
  // A report that could not be written stays where it is in the other API.
  const due = removals.filter(({ stored }) => !run.failed.has(keyOf(stored)));
  await forEach(run, due, async ({ api, stored }) => {
    const isRemoved = await run.store.remove(REPORT_KINDS[api], stored, run.signal);
    if (isRemoved) run.counts.removed += 1;
  });
  if (run.signal.aborted) run.failures.push('Cannot write all reports: interrupted');
}

/**
 * Opens the writer of reports: one for each workload with findings, updated in place, and removed when there is nothing to report
 * any more.
 * @param options.api the API to write; undefined for the first one that is served
 * @throws AppError `reports-not-served`, before anything is audited
 */
export async function openReports(
  store: ReportStorePort,
  options: { readonly api?: ReportApi | undefined },
  opening: AbortSignal,
): Promise<ReportsPort> {
  const served = await servedApis(store, opening);
  const api = options.api ?? served[0];
  if (api === undefined || !served.includes(api)) {
    throw notServed(options.api === undefined ? REPORT_APIS : [options.api]);
  }
  return {
    write: async (audit, signal) => {
      const counts = { created: 0, updated: 0, unchanged: 0, gone: 0, removed: 0 };
      const run: Run = { store, audit, api, signal, counts, failures: [], failed: new Set() };
      await execute(run, await plan(run, served));
      const { gone: _gone, ...known } = counts;
      return { kind: REPORT_KINDS[api], ...known, failures: run.failures };
    },
  };
}
