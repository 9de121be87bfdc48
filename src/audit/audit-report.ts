import type { ReportedVerdict } from '../assess/inspect/image-report.ts';
import type { GroupKind } from '../pod/workloads.ts';
import type { Severity } from '../policy/finding-catalog.ts';
import type { ClusterCapabilities } from './capabilities/cluster-capabilities.ts';
import type { AuditedPods, ReportedFinding, ReportedItem, ReviewOutcome } from './reported-item.ts';

/** The report of `audit`, and the format of its `-o json`. Programs read it: add fields, but never rename or remove one. */
export interface AuditReport {
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  readonly cluster: AuditedCluster;
  /** The configuration that was used, in one line for people. */
  readonly configuration: string;
  readonly scope: AuditScope;
  /** False if the audit was interrupted, or some workloads or Pods could not be listed. */
  readonly isComplete: boolean;
  /** True if the user ended it before everything was judged. */
  readonly isInterrupted: boolean;
  /** By namespace, kind and name. */
  readonly workloads: readonly AuditedWorkload[];
  /** Each reference once, by reference. */
  readonly images: readonly AuditedImage[];
  readonly capabilities: ClusterCapabilities;
  /** What could not be listed or read: workloads, or facts on which outcomes depend. */
  readonly unreadable: readonly UnreadableList[];
  readonly summary: AuditSummary;
}

/** Says if the API server sends new Pods to wasmgate, so that they get what they need. */
export type Installation = 'installed' | 'not-installed' | 'unknown';

/** Empty texts if unknown. */
export interface AuditedCluster {
  readonly server: string;
  readonly version: string;
  /** If it is not installed, outcomes are what it would do. */
  readonly wasmgate: Installation;
}

/** What the user asked to audit. */
export interface AuditScope {
  /** Null for all namespaces. */
  readonly namespace: string | null;
  /** A label selector; '' for everything. */
  readonly selector: string;
}

/** A list, or a fact, that could not be read. */
export interface UnreadableList {
  /** Such as `pods`. */
  readonly what: string;
  /** The kinds whose objects are missing; empty for facts. */
  readonly kinds: readonly GroupKind[];
  readonly message: string;
  /** What to do, such as which right to grant; '' if nothing helps. */
  readonly advice: string;
}

/** What identifies an object, as an ownerReference does. */
export interface AuditSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * A workload, a Pod of its own, or the owner of Pods that wasmgate does not know as a workload. It stands for all its Pods, and
 * for what it owns: a Deployment for its ReplicaSets, a CronJob for its Jobs.
 *
 * `outcome`, `changes` and `patch` concern the Pods that it will create; `pods` and findings about `running-pods`, those it has.
 */
export interface AuditedWorkload extends Omit<ReportedItem, 'source' | 'findings'> {
  readonly subject: AuditSubject;
  readonly pods: AuditedPods;
  /** About its template, then about its running Pods. */
  readonly findings: readonly AuditFinding[];
  /** What is no finding: why it was skipped, an invalid label of its namespace, why an image is unknown. */
  readonly notes: readonly string[];
}

export interface AuditFinding extends ReportedFinding {
  readonly concerns: 'new-pods' | 'running-pods';
  /** The running Pods that have it; null for `new-pods`. */
  readonly pods: number | null;
}

export interface AuditedImage {
  readonly image: string;
  readonly verdict: ReportedVerdict;
  /** Workloads with a container of this image. */
  readonly workloads: number;
  /** Why it is unknown, and what resolves that; null otherwise. */
  readonly detail: string | null;
  readonly advice: string | null;
}

export interface AuditSummary {
  readonly workloads: number;
  /** Workloads by outcome. */
  readonly outcomes: Readonly<Record<ReviewOutcome, number>>;
  /** Workloads with running Pods that lack what they need. */
  readonly failing: number;
  readonly pods: {
    readonly running: number;
    readonly failing: number;
    /** Mirrors of static Pods, which have no row. */
    readonly skipped: number;
  };
  readonly images: number;
  /** Findings by severity, each once for a workload. */
  readonly findings: Readonly<Record<Severity, number>>;
}
