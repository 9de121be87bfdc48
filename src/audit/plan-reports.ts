import { cutMiddleToBytes } from '../lib/bound-text.ts';
import { child, isObject, property, stringMap, stringOr, type JsonObject } from '../lib/json.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import { isObjectName, metadataText } from '../pod/object-metadata.ts';
import type { Severity } from '../policy/finding-catalog.ts';
import type { AuditedWorkload, AuditFinding, AuditReport, AuditSubject } from './audit-report.ts';
import type { ServedKind } from './ports.ts';

export const REPORT_APIS = ['openreports.io', 'wgpolicyk8s.io'] as const;
export type ReportApi = (typeof REPORT_APIS)[number];

/** The versions that wasmgate writes. Their schemas differ in `source` of the whole report only. */
export const REPORT_KINDS: Readonly<Record<ReportApi, ServedKind>> = {
  'openreports.io': { group: 'openreports.io', version: 'v1alpha1', kind: 'Report', resource: 'reports' },
  'wgpolicyk8s.io': {
    group: 'wgpolicyk8s.io',
    version: 'v1alpha2',
    kind: 'PolicyReport',
    resource: 'policyreports',
  },
};

/** `source` and `policy` of each result, and the value of the label by which wasmgate recognizes its reports. */
const WASMGATE = 'wasmgate';
const LABEL = 'app.kubernetes.io/managed-by';
export const REPORT_SELECTOR = `${LABEL}=${WASMGATE}`;
const NAME_PREFIX = 'wasmgate-';

const REPORT_LIMITS = {
  /** Bytes of all results: etcd takes 1.5 MiB for an object, and readers hold many. */
  resultBytes: 900 * 1024,
  results: 250,
  /** Bytes of a message, and of a property. Those of the findings are below 1 KiB. */
  textBytes: 4096,
} as const;

type Result = 'fail' | 'warn' | 'error' | 'skip';
type ReportSeverity = 'high' | 'medium' | 'info';

interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

interface Rating {
  readonly result: Result;
  readonly severity: ReportSeverity;
}

interface Row extends Rating {
  readonly rule: string;
  readonly message: string;
  readonly properties: Readonly<Record<string, string>>;
}

const BY_SEVERITY: Readonly<Record<Severity, Rating>> = {
  error: { result: 'fail', severity: 'high' },
  warning: { result: 'warn', severity: 'medium' },
  info: { result: 'warn', severity: 'info' },
};

/** The rating of what could not be decided. */
const UNDECIDED: Rating = { result: 'error', severity: 'medium' };
const UNKNOWN_IMAGE = 'image-unknown';

const RESULTS: readonly Result[] = ['fail', 'error', 'warn', 'skip'];
const SEVERITIES: readonly ReportSeverity[] = ['high', 'medium', 'info'];

/** Returns null for a subject whose report could not have a name. */
export function reportName({ uid }: Pick<AuditSubject, 'uid'>): string | null {
  const name = NAME_PREFIX + uid;
  return uid !== '' && isObjectName(name) ? name : null;
}

/** Reports whether wasmgate wrote the object, so that it may change or delete it. */
export function isOwnReport(object: JsonObject): boolean {
  const labels = stringMap(property(child(object, 'metadata'), 'labels'));
  return labels.get(LABEL) === WASMGATE && metadataText(object, 'name').startsWith(NAME_PREFIX);
}

function boundText(text: string): string {
  return cutMiddleToBytes(stripControlCharacters(text), REPORT_LIMITS.textBytes);
}

/** Rates what is certain by its severity. */
function rate({ id, severity, action, isDoubtful = false }: AuditFinding): Rating {
  if (action === 'excepted') return { ...BY_SEVERITY[severity], result: 'skip' };
  return id === UNKNOWN_IMAGE || isDoubtful ? UNDECIDED : BY_SEVERITY[severity];
}

function findingRows({ findings }: AuditedWorkload): readonly Row[] {
  return findings.map((finding) => {
    const { id, container, message, advice, concerns, pods } = finding;
    const ofContainer = container === null ? {} : { container };
    const ofPods = pods === null ? {} : { pods: String(pods) };
    const properties = { ...ofContainer, ...ofPods, advice, concerns };
    return { rule: id, ...rate(finding), message, properties };
  });
}

function undecided(rule: string, message: string, properties: Row['properties'] = {}): Row {
  return { rule, ...UNDECIDED, message, properties: { ...properties, concerns: 'new-pods' } };
}

/** Says of each unknown that no finding names why the workload is undecided. */
function undecidedRows(workload: AuditedWorkload, details: ReadonlyMap<string, string>): readonly Row[] {
  const { hangsOn, findings, images, notes } = workload;
  const isReported = (container: string): boolean =>
    findings.some((finding) => finding.id === UNKNOWN_IMAGE && finding.container === container);
  const unknown = images.filter(
    ({ container, verdict }) => verdict.kind === 'unknown' && !isReported(container),
  );
  return hangsOn.flatMap((matter): readonly Row[] => {
    switch (matter) {
      case 'images':
        return unknown.map(({ container, image }) => {
          const why = details.get(image) ?? 'the registry did not say what it is';
          return undecided(UNKNOWN_IMAGE, `container "${container}" (image ${image}): ${why}`, { container });
        });
      case 'manifest':
        return [undecided('undecided', notes.length > 0 ? notes.join('; ') : 'The object is invalid.')];
      default: {
        const fact = matter.replaceAll('-', ' ');
        return [undecided('undecided', `The result depends on ${fact}, which wasmgate could not read.`)];
      }
    }
  });
}

function rank({ result, severity }: Row): number {
  return RESULTS.indexOf(result) * SEVERITIES.length + SEVERITIES.indexOf(severity);
}

/** Workloads with something to report, by the names of their reports. */
export type DesiredReports = ReadonlyMap<string, DesiredReport>;

export interface DesiredReport {
  readonly subject: AuditSubject;
  readonly rows: readonly Row[];
}

/** Returns the reports that there should be, the worst results first. A subject without a uid has none. */
export function desiredReports({ workloads, images }: AuditReport): DesiredReports {
  const details = new Map(images.flatMap(({ image, detail }) => (detail === null ? [] : [[image, detail]])));
  const desired = new Map<string, DesiredReport>();
  for (const workload of workloads) {
    const { subject } = workload;
    const name = reportName(subject);
    const rows = [...findingRows(workload), ...undecidedRows(workload, details)];
    if (name === null || rows.length === 0) continue;
    desired.set(name, { subject, rows: rows.toSorted((one, other) => rank(one) - rank(other)) });
  }
  return desired;
}

/** What a finding is recognized by in the next report: its words may change, as numbers of Pods do. */
function keyOf(rule: string, { container = '', concerns = '' }: Readonly<Record<string, string>>): string {
  return [rule, container, concerns].join(' ');
}

export type FirstSeen = ReadonlyMap<string, Timestamp>;

function readTimestamp(value: unknown): Timestamp | null {
  if (!isObject(value)) return null;
  const [seconds, nanos] = [property(value, 'seconds'), property(value, 'nanos')];
  return Number.isSafeInteger(seconds) && Number.isSafeInteger(nanos)
    ? { seconds: seconds as number, nanos: nanos as number }
    : null;
}

/** Returns when each finding of a stored report was first seen. */
export function firstSeenIn(report: JsonObject): FirstSeen {
  const results = property(report, 'results');
  const seen = new Map<string, Timestamp>();
  for (const result of Array.isArray(results) ? results.filter(isObject) : []) {
    const timestamp = readTimestamp(property(result, 'timestamp'));
    const properties = Object.fromEntries(stringMap(property(result, 'properties')));
    if (timestamp !== null) seen.set(keyOf(stringOr(property(result, 'rule'), ''), properties), timestamp);
  }
  return seen;
}

function toTimestamp(iso: string): Timestamp {
  const milliseconds = Date.parse(iso);
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 };
}

/** When an audit was taken, and when it was that earlier ones first saw a finding. */
export interface ReportTimes {
  readonly takenAt: string;
  readonly firstSeen: FirstSeen;
}

function resultOf(row: Row, { takenAt, firstSeen }: ReportTimes): JsonObject {
  const { rule, result, severity, message, properties } = row;
  const bounded = Object.entries(properties).map(([key, value]) => [key, boundText(value)] as const);
  const written = Object.fromEntries(bounded);
  return {
    source: WASMGATE,
    policy: WASMGATE,
    rule,
    category: 'WebAssembly',
    result,
    severity,
    scored: true,
    message: boundText(message),
    properties: written,
    timestamp: firstSeen.get(keyOf(rule, written)) ?? toTimestamp(takenAt),
  };
}

function leftOut(count: number, { namespace }: AuditSubject): Row {
  const message = `The report has no room for ${count} more. See them all: wasmgate audit -n ${namespace}`;
  return { rule: 'results-left-out', result: 'skip', severity: 'info', message, properties: {} };
}

function resultsOf({ subject, rows }: DesiredReport, times: ReportTimes): readonly JsonObject[] {
  const results: JsonObject[] = [];
  let bytes = 0;
  for (const row of rows.slice(0, REPORT_LIMITS.results)) {
    const result = resultOf(row, times);
    bytes += Buffer.byteLength(JSON.stringify(result));
    if (bytes > REPORT_LIMITS.resultBytes) break;
    results.push(result);
  }
  const missing = rows.length - results.length;
  return missing === 0 ? results : [...results, resultOf(leftOut(missing, subject), times)];
}

function countResults(results: readonly JsonObject[]): JsonObject {
  const counts = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };
  for (const result of results) counts[property(result, 'result') as Result] += 1;
  return counts;
}

/** Renders a report without metadata that the API server adds. */
export function renderReport(api: ReportApi, desired: DesiredReport, times: ReportTimes): JsonObject {
  const { group, version, kind } = REPORT_KINDS[api];
  const { apiVersion, kind: subjectKind, namespace, name, uid } = desired.subject;
  const results = resultsOf(desired, times);
  const reference = { apiVersion, kind: subjectKind, name, uid };
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: {
      name: reportName(desired.subject),
      namespace,
      labels: { [LABEL]: WASMGATE },
      // Lets the garbage collector remove the report with its subject.
      ownerReferences: [reference],
    },
    ...(api === 'openreports.io' ? { source: WASMGATE } : {}),
    scope: { ...reference, namespace },
    summary: countResults(results),
    results,
  };
}

/** Puts a rendered report in the place of a stored one: whatever others added to its metadata stays. */
export function mergeReport(stored: JsonObject, rendered: JsonObject): JsonObject {
  const [before, after] = [child(stored, 'metadata'), child(rendered, 'metadata')];
  const labels = { ...child(before, 'labels'), ...child(after, 'labels') };
  return { ...rendered, metadata: { ...before, ...after, labels } };
}

/** Writes keys in one order: the API server returns those of a report sorted. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isObject(value)) return value;
  const sorted = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, entry]) => [key, canonical(entry)]));
}

/** Reports whether writing the merged report would change the stored one. */
export function isSameReport(stored: JsonObject, merged: JsonObject): boolean {
  return JSON.stringify(canonical(stored)) === JSON.stringify(canonical(merged));
}
