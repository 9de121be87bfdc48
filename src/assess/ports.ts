import type { Namespace } from '../pod/cluster-objects.ts';
import type { ObjectReference } from '../pod/object-metadata.ts';
import type { Pod } from '../pod/pod.ts';
import type { ClusterView } from '../policy/facts.ts';

export interface ServiceAccountsPort {
  /**
   * Returns names of the pull secrets that an account adds to Pods without any. Never rejects: an account that cannot be read
   * adds none, which is logged.
   */
  readonly pullSecrets: (namespace: string, name: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** An Event about an object of its namespace, for what an admission could not report. */
export interface ObjectEvent {
  readonly namespace: string;
  readonly regarding: ObjectReference;
  /** One word in camel case, for filters. */
  readonly reason: string;
  readonly message: string;
}

/** `needless`: the namespace is gone. */
export type EventResult = 'written' | 'needless' | 'failed';

/** A best-effort writer of Kubernetes Events. */
export interface EventsPort {
  /** Never rejects: a failure is logged. */
  readonly write: (event: ObjectEvent, signal: AbortSignal) => Promise<EventResult>;
}

export interface StoredPodsPort {
  /** Returns null if there is no Pod of this name. @throws AppError if the API server cannot be read */
  readonly read: (namespace: string, name: string, signal: AbortSignal) => Promise<Pod | null>;
}

/** The cluster, kept current by watches. */
export interface ClusterPort {
  readonly view: () => ClusterView;
  /** Reports whether the RuntimeClasses may be outdated because their watch is broken. */
  readonly hasStaleClasses: () => boolean;
  /** Lists the RuntimeClasses live. Returns the same view if they have not changed. */
  readonly fetchView: (signal: AbortSignal) => Promise<ClusterView>;
  /** Reads from the watch; undefined if it has not delivered the namespace (yet). */
  readonly namespace: (name: string) => Namespace | undefined;
  /** Reads live, for a namespace younger than the watch; undefined if it does not exist. */
  readonly fetchNamespace: (name: string, signal: AbortSignal) => Promise<Namespace | undefined>;
}

/** The kinds of facts about a cluster that a command may be unable to read. */
export type ClusterFact =
  | 'configuration'
  | 'runtime-classes'
  | 'nodes'
  | 'namespaces'
  | 'limit-ranges'
  | 'service-accounts'
  | 'pull-secrets';

/** Something about the cluster that could not be read, so that it may exist or not. */
export interface UnreadFact {
  readonly fact: ClusterFact;
  /** For people: `runtime classes`, `namespace "shop"`. */
  readonly what: string;
  readonly message: string;
  /** What to do, such as which right to grant. */
  readonly advice: string;
}

/** Names a Pod as far as the facts about it depend on it. */
export interface FactsRequest {
  readonly namespace: string;
  readonly pod: Pod;
}

/** What a command could not read. Its assessments are open as far as they depend on that. */
export interface UnreadFactsPort {
  /** Reads what concerns one namespace, once. Never rejects. */
  readonly prepare: (namespace: string, signal: AbortSignal) => Promise<void>;
  /** Returns what could not be read and may concern this Pod. */
  readonly about: (request: FactsRequest) => readonly UnreadFact[];
}

/** A Pod that runs, with its namespace. */
export interface RunningPod {
  readonly namespace: string;
  readonly pod: Pod;
}

export interface RunningPodsPort {
  /**
   * Yields the cluster's running Pods in pages, a bounded number of them; if there are many, namespaces take turns.
   * @throws AppError `forbidden` if this installation does not permit it
   */
  readonly pages: (signal: AbortSignal) => AsyncGenerator<readonly RunningPod[]>;
}
