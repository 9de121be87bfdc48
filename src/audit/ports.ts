import type { JsonObject } from '../lib/json.ts';
import type { GroupKind } from '../pod/workloads.ts';
import type { AuditReport } from './audit-report.ts';

/** A kind as the API server serves it. */
export interface ServedKind extends GroupKind {
  readonly version: string;
  /** Its plural in paths, such as `deployments`. */
  readonly resource: string;
}

/** Objects as kubectl's arguments name them. */
export interface ObjectQuery {
  /** As the user wrote it: `deploy`, `rollouts.argoproj.io`. */
  readonly type: string;
  /** Empty for all objects of the type. */
  readonly names: readonly string[];
}

export interface ListedScope {
  /** Null for all namespaces. */
  readonly namespace: string | null;
  /** Label selector; '' for all objects. */
  readonly selector: string;
  /** Field selector. */
  readonly fields?: string | undefined;
  /** True for the objects' metadata alone. */
  readonly isMetadataOnly?: boolean;
}

export interface ObjectsPort {
  /**
   * Finds which of the kinds are served, and in which version.
   * @throws AppError if the API server cannot be asked
   */
  readonly findServed: (wanted: readonly GroupKind[], signal: AbortSignal) => Promise<readonly ServedKind[]>;
  /**
   * Yields the objects of a kind page by page, each with its kind and apiVersion.
   * @throws AppError, `forbidden` without the right to list them
   */
  readonly pages: (
    kind: ServedKind,
    scope: ListedScope,
    signal: AbortSignal,
  ) => AsyncGenerator<readonly JsonObject[]>;
}

/** Writes the findings where other tools find them. */
export interface ReportsPort {
  /** @throws AppError if no report can be written */
  readonly write: (report: AuditReport, signal: AbortSignal) => Promise<WrittenReports>;
}

/** What became of the reports of one audit. */
export interface WrittenReports {
  readonly kind: ServedKind;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly removed: number;
  /** A message for each report, or list of them, that could not be read, written or removed. */
  readonly failures: readonly string[];
}

/**
 * What became of a write: `changed` if the object was created, changed or deleted by others since it was read, `gone` if its
 * namespace is.
 */
export type ReportWrite = 'written' | 'changed' | 'gone';

/** Reads and writes reports as JSON: the fields of both APIs are nearly the same. */
export interface ReportStorePort {
  readonly isServed: (kind: ServedKind, signal: AbortSignal) => Promise<boolean>;
  /** Yields reports page by page. */
  readonly pages: (
    kind: ServedKind,
    scope: ListedScope,
    signal: AbortSignal,
  ) => AsyncGenerator<readonly JsonObject[]>;
  /** Returns null if there is no such report. */
  readonly read: (kind: ServedKind, report: ReportKey, signal: AbortSignal) => Promise<JsonObject | null>;
  /** Creates a report, or replaces the one whose resourceVersion it has. */
  readonly write: (kind: ServedKind, report: JsonObject, signal: AbortSignal) => Promise<ReportWrite>;
  /** Deletes a report as it was read. Returns false if it was changed or deleted since. */
  readonly remove: (kind: ServedKind, report: JsonObject, signal: AbortSignal) => Promise<boolean>;
}

export interface ReportKey {
  readonly namespace: string;
  readonly name: string;
}
