import { readFile } from 'node:fs/promises';
import { Agent, type RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { describeFileState } from '../files/read-text.ts';
import { describeError } from '../lib/errors.ts';
import { createKubernetesError } from './kubernetes-error.ts';

/** The address of the API server, and the credentials for it. */
export interface KubernetesConnection {
  readonly server: URL;
  /** Returns TLS settings, agent and headers for one request. Called for each, since tokens and certificates rotate. */
  readonly requestOptions: () => Promise<RequestOptions>;
}

/** Requests besides the watches are few, and rarely concurrent. */
export const MAX_IDLE_SOCKETS = 4;

const AGENT_OPTIONS = {
  keepAlive: true,
  /** client-go's interval, below the 60 s after which cloud load balancers drop a silent connection. */
  keepAliveMsecs: 30_000,
  maxFreeSockets: MAX_IDLE_SOCKETS,
} as const;

const ACCOUNT_FILES = {
  /** The kubelet mounts the ServiceAccount of a Pod here. */
  directory: '/var/run/secrets/kubernetes.io/serviceaccount',
  /** The kubelet replaces token and CA long before they expire; client-go rereads them once a minute, too. */
  rereadMilliseconds: 60_000,
} as const;

export interface InClusterOptions {
  /** `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`, which the kubelet sets in every container. */
  readonly host: string;
  readonly port: string;
  readonly directory?: string;
  readonly rereadMilliseconds?: number;
}

interface Account {
  readonly token: string;
  readonly ca: string;
}

async function readAccount(directory: string): Promise<Account> {
  try {
    const [token, ca] = await Promise.all([
      readFile(join(directory, 'token'), 'utf8'),
      readFile(join(directory, 'ca.crt'), 'utf8'),
    ]);
    return { token: token.trim(), ca };
  } catch (cause) {
    const state = `the ServiceAccount files cannot be read (${describeFileState(cause) ?? describeError(cause)})`;
    throw createKubernetesError('connect to the API server', 'unauthorized', { state, cause });
  }
}

/**
 * Connects to the API server as a Pod does. client-node's KubeConfig would load the models of the whole Kubernetes API: 27 MiB
 * of memory in a process that should stay under 90, for two files and two variables.
 */
export function createInClusterConnection(options: InClusterOptions): KubernetesConnection {
  const { directory, rereadMilliseconds } = { ...ACCOUNT_FILES, ...options };
  const agent = new Agent(AGENT_OPTIONS);
  const host = isIPv6(options.host) ? `[${options.host}]` : options.host;
  let account: Promise<Account> | undefined;
  let readAt = 0;

  function currentAccount(): Promise<Account> {
    if (account === undefined || performance.now() - readAt >= rereadMilliseconds) {
      readAt = performance.now();
      account = readAccount(directory);
      // A failed read is not cached; its callers get the error.
      account.catch(() => (account = undefined));
    }
    return account;
  }

  return {
    server: new URL(`https://${host}:${options.port}`),
    requestOptions: async () => {
      const { token, ca } = await currentAccount();
      return { agent, ca, headers: { authorization: `Bearer ${token}` } };
    },
  };
}

/**
 * Connects to the API server of a kubeconfig's current context, with whatever login the file uses (tokens, client certificates,
 * exec plugins, OIDC).
 *
 * Only this function loads client-node: its entry point pulls in the models of the whole API, as even `dist/config.js` does.
 */
export async function createKubeconfigConnection(file: string): Promise<KubernetesConnection> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    config.clusters = config.clusters.map(allowPlainHttp);
  } catch (cause) {
    throw createKubernetesError(`read kubeconfig "${file}"`, 'invalid-kubeconfig', {
      state: describeFileState(cause) ?? describeError(cause),
    });
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null || !URL.canParse(cluster.server)) {
    const state = 'its current context names no cluster with an address';
    throw createKubernetesError(`use kubeconfig "${file}"`, 'invalid-kubeconfig', { state });
  }
  const server = new URL(cluster.server);
  // For plain http, Node's default agent keeps connections, too.
  const agent = server.protocol === 'https:' ? new Agent(AGENT_OPTIONS) : undefined;

  return {
    server,
    requestOptions: async () => {
      const options: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(options);
      // client-node's agent keeps no connection open; only a proxy needs it.
      return cluster.proxyUrl === undefined ? { ...options, agent } : options;
    },
  };
}

/** client-node rejects plain http, such as a local `kubectl proxy`, unless a verification is skipped. */
function allowPlainHttp<Cluster extends { readonly server: string }>(cluster: Cluster): Cluster {
  return cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster;
}
