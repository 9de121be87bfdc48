import type { RequestOptions } from 'node:https';

/** Where the API server is and how to prove who we are. */
export interface KubernetesConnection {
  readonly server: URL;
  /** TLS settings, agent and headers for one request: asked each time, since tokens and certificates rotate. */
  readonly requestOptions: () => Promise<RequestOptions>;
}

/** Numbers for every connection to the API server. */
export const CONNECTION_DEFAULTS = {
  /** As client-go: below the 60 s after which cloud load balancers drop a silent connection. */
  keepAliveMilliseconds: 30_000,
  /** Requests besides the watches are few and seldom at the same time. */
  idleSockets: 4,
} as const;

export const AGENT_OPTIONS = {
  keepAlive: true,
  keepAliveMsecs: CONNECTION_DEFAULTS.keepAliveMilliseconds,
  maxFreeSockets: CONNECTION_DEFAULTS.idleSockets,
} as const;
