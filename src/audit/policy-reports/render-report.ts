import { cutMiddleToBytes } from '../../lib/bound-text.ts';
import { child, isObject, property, stringMap, stringOr, type JsonObject } from '../../lib/json.ts';
import { stripControlCharacters } from '../../lib/strip-control-characters.ts';
import { isObjectName, metadataText } from '../../pod/object-metadata.ts';
import type { AuditSubject } from '../audit-report.ts';
import type { ReportKey } from '../ports.ts';
import { REPORT_KINDS, type ReportApi } from './report-apis.ts';

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

export type Result = 'fail' | 'warn' | 'error' | 'skip';
export type ReportSeverity = 'high' | 'medium' | 'info';

interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

export interface Rating {
  readonly result: Result;
  readonly severity: ReportSeverity;
}

export interface Row extends Rating {
  readonly rule: string;
  readonly message: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** What there is to report about a workload. */
export interface DesiredReport {
  readonly subject: AuditSubject;
  /** The worst first. */
  readonly rows: readonly Row[];
  /** Concerns that the audit did not judge, so that earlier results about them stay. */
  readonly unjudged: ReadonlySet<string>;
}

/** Returns null for a subject whose report could not have a name. */
export function reportName({ uid }: Pick<AuditSubject, 'uid'>): string | null {
  const name = NAME_PREFIX + uid;
  return uid !== '' && isObjectName(name) ? name : null;
}

/** Returns a key of a report: other namespaces may hold one of the same name. */
export function reportKey({ namespace, name }: ReportKey): string {
  return `${namespace}/${name}`;
}

/** Reports whether wasmgate wrote the object, so that it may change or delete it. */
export function isOwnReport(object: JsonObject): boolean {
  const labels = stringMap(property(child(object, 'metadata'), 'labels'));
  return labels.get(LABEL) === WASMGATE && metadataText(object, 'name').startsWith(NAME_PREFIX);
}

function boundText(text: string): string {
  return cutMiddleToBytes(stripControlCharacters(text), REPORT_LIMITS.textBytes);
}

/** What a finding is recognized by in the next report: its words may change, as numbers of Pods do. */
function keyOf(rule: string, { container = '', concerns = '' }: Readonly<Record<string, string>>): string {
  return [rule, container, concerns].join(' ');
}

/** Results of a stored report, by what they are recognized by. */
export type EarlierResults = ReadonlyMap<string, JsonObject>;

/** Returns the concern and, with it, what recognizes a result. */
function identify(result: JsonObject): { readonly key: string; readonly concerns: string } {
  const properties = Object.fromEntries(stringMap(property(result, 'properties')));
  const { concerns = '' } = properties;
  return { key: keyOf(stringOr(property(result, 'rule'), ''), properties), concerns };
}

export function resultsIn(report: JsonObject): EarlierResults {
  const results = property(report, 'results');
  const found = Array.isArray(results) ? results.filter(isObject) : [];
  return new Map(found.map((result) => [identify(result).key, result]));
}

function timestampOf(result: JsonObject | undefined): Timestamp | null {
  if (result === undefined) return null;
  const timestamp = child(result, 'timestamp');
  const [seconds, nanos] = [property(timestamp, 'seconds'), property(timestamp, 'nanos')];
  return Number.isSafeInteger(seconds) && Number.isSafeInteger(nanos)
    ? { seconds: seconds as number, nanos: nanos as number }
    : null;
}

function toTimestamp(iso: string): Timestamp {
  const milliseconds = Date.parse(iso);
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 };
}

/** What a report depends on beside its workload. */
export interface ReportContext {
  /** ISO 8601. */
  readonly takenAt: string;
  /** Results of earlier audits: a finding keeps the time when it was first seen. */
  readonly earlier: EarlierResults;
}

function resultOf(row: Row, { takenAt, earlier }: ReportContext): JsonObject {
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
    timestamp: timestampOf(earlier.get(keyOf(rule, written))) ?? toTimestamp(takenAt),
  };
}

function leftOut(count: number, { namespace }: AuditSubject): Row {
  const message = `The report has no room for ${count} more. See them all: wasmgate audit -n ${namespace}`;
  return { rule: 'results-left-out', result: 'skip', severity: 'info', message, properties: {} };
}

/** Returns results about what was not judged this time. */
function keptResults({ unjudged }: DesiredReport, earlier: EarlierResults, found: readonly JsonObject[]) {
  if (unjudged.size === 0) return [];
  const known = new Set(found.map((result) => identify(result).key));
  return [...earlier.values()].filter((result) => {
    const { key, concerns } = identify(result);
    return unjudged.has(concerns) && !known.has(key);
  });
}

function resultsOf(desired: DesiredReport, context: ReportContext): readonly JsonObject[] {
  const found = desired.rows.map((row) => resultOf(row, context));
  const all = [...found, ...keptResults(desired, context.earlier, found)];
  const results: JsonObject[] = [];
  let bytes = 0;
  for (const result of all.slice(0, REPORT_LIMITS.results)) {
    bytes += Buffer.byteLength(JSON.stringify(result));
    if (bytes > REPORT_LIMITS.resultBytes) break;
    results.push(result);
  }
  const missing = all.length - results.length;
  return missing === 0 ? results : [...results, resultOf(leftOut(missing, desired.subject), context)];
}

function countResults(results: readonly JsonObject[]): JsonObject {
  const counts = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };
  // A report that others changed may hold anything that its schema allows.
  for (const result of results) counts[property(result, 'result') as keyof typeof counts] += 1;
  return counts;
}

/** Renders a report without metadata that the API server adds; null if there is nothing to report. */
export function renderReport(
  api: ReportApi,
  desired: DesiredReport,
  context: ReportContext,
): JsonObject | null {
  const { group, version, kind } = REPORT_KINDS[api];
  const { apiVersion, kind: subjectKind, namespace, name, uid } = desired.subject;
  const results = resultsOf(desired, context);
  if (results.length === 0) return null;
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
