import type { RequestListener } from 'node:http';
import type { ClusterExtras } from '../bench/cluster-api.ts';
import type { DnsReply } from '../support/registry/dns-server.ts';
import type { PodReview } from './pod-review.ts';

/** What an attack can reach. */
export interface Target {
  readonly port: number;
  readonly metricsPort: number;
  /** `127.0.0.1:PORT` of the registry that all namespaces use. */
  readonly registry: string;
  /** Sends a Pod through the API server, as any user of one namespace can. */
  readonly apply: (review: PodReview) => void;
  /** Checks that something else still works, such as a scrape; counts as a victim. */
  readonly check: (works: () => Promise<boolean>) => void;
}

/** An attempt of one tenant to stop the webhook for all others. */
export interface Attack {
  readonly name: string;
  readonly title: string;
  readonly cluster?: ClusterExtras;
  /** The registry's behavior for the attacker's repositories; null: as usual. */
  readonly answer?: (path: string) => RequestListener | null;
  /** The DNS server's behavior for names other than the victims'. */
  readonly resolve?: (name: string) => DnsReply;
  /** Whether victims name registries that wasmgate has not resolved yet. */
  readonly victimsByName?: boolean;
  /** Whether victims use new connections, like an API server that has just started. */
  readonly newConnections?: boolean;
  /** Runs until the signal fires. */
  readonly run: (target: Target, signal: AbortSignal) => Promise<void>;
}

/** The namespace of every attack. */
export const ATTACKER = 'attacker';
