import type { Namespace } from '../pod/cluster-objects.ts';
import type { Pod } from '../pod/pod.ts';
import type { ClusterView } from '../policy/facts.ts';

export interface ServiceAccountsPort {
  /**
   * Names of the pull secrets that an account brings into Pods that have none. Never rejects: an account that cannot be
   * read brings none, and why is told in the log.
   */
  readonly pullSecrets: (namespace: string, name: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** What an Event is about, as an ownerReference names it. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** What an admission could not report, about an object of its namespace. */
export interface ObjectEvent {
  readonly namespace: string;
  readonly regarding: ObjectReference;
  /** One word in camel case, for filters. */
  readonly reason: string;
  readonly message: string;
}

/** Needless: the namespace is gone. */
export type EventResult = 'written' | 'needless' | 'failed';

/** Kubernetes Events, at best effort. */
export interface EventsPort {
  /** Never rejects: a failure is logged. */
  readonly write: (event: ObjectEvent, signal: AbortSignal) => Promise<EventResult>;
}

export interface StoredPodsPort {
  /** Null if there is none of this name. @throws AppError if the API server does not say */
  readonly read: (namespace: string, name: string, signal: AbortSignal) => Promise<Pod | null>;
}

/** The cluster, kept up by watches. */
export interface ClusterPort {
  readonly view: () => ClusterView;
  /** Whether the RuntimeClasses may be behind the truth, their watch being broken. */
  readonly hasStaleClasses: () => boolean;
  /** With the RuntimeClasses as they are now, by one live list; the same view as before where they are no others. */
  readonly fetchView: (signal: AbortSignal) => Promise<ClusterView>;
  /** From the watch; undefined where it is not there (yet). */
  readonly namespace: (name: string) => Namespace | undefined;
  /** One live GET, for a namespace younger than the watch; undefined where it does not exist. */
  readonly fetchNamespace: (name: string, signal: AbortSignal) => Promise<Namespace | undefined>;
}
