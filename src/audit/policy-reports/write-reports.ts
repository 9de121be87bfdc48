import { AppError, describeError } from '../../lib/errors.ts';
import { createTaskPool } from '../../lib/task-pool.ts';
import type { ReportsPort, ReportStorePort } from '../ports.ts';
import {
  keyOf,
  planWrites,
  renderChange,
  type Plan,
  type Run,
  type Task,
  type WriteResult,
} from './plan-writes.ts';
import { isOwnReport, REPORT_SELECTOR, reportName, resultsIn } from './render-report.ts';
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
      await execute(run, await planWrites(run, served));
      const { gone: _gone, ...known } = counts;
      return { kind: REPORT_KINDS[api], ...known, failures: run.failures };
    },
  };
}
