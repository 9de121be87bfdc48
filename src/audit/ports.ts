import type { JsonObject } from '../lib/json.ts';
import type { GroupKind } from '../pod/workloads.ts';
import type { AuditReport } from './audit-report.ts';

/** A kind as the API server serves it. */
export interface ServedKind extends GroupKind {
  readonly version: string;
  /** Its plural in paths, such as `deployments`. */
  readonly resource: string;
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
  /** @throws AppError if nothing can be written */
  readonly write: (report: AuditReport, signal: AbortSignal) => Promise<void>;
}
