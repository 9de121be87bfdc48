import { readFile } from 'node:fs/promises';
import { type RequestOptions, Agent } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { describeFileState } from '../files/read-text.ts';
import { describeError } from '../lib/errors.ts';
import { createKubernetesError } from './kubernetes-error.ts';

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

const AGENT_OPTIONS = {
  keepAlive: true,
  keepAliveMsecs: CONNECTION_DEFAULTS.keepAliveMilliseconds,
  maxFreeSockets: CONNECTION_DEFAULTS.idleSockets,
} as const;

const DEFAULTS = {
  /** Where the kubelet mounts the ServiceAccount of a Pod. */
  directory: '/var/run/secrets/kubernetes.io/serviceaccount',
  /** The kubelet replaces token and CA long before they expire; client-go looks once a minute too. */
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
 * The API server as a Pod sees it. Written here and not taken from client-node's KubeConfig, which drags in the models of
 * the whole Kubernetes API: 27 MiB of memory in a process that should stay under 90, for two files and two variables.
 */
export function createInClusterConnection(options: InClusterOptions): KubernetesConnection {
  const { directory, rereadMilliseconds } = { ...DEFAULTS, ...options };
  const agent = new Agent(AGENT_OPTIONS);
  const host = isIPv6(options.host) ? `[${options.host}]` : options.host;
  let account: Promise<Account> | undefined;
  let readAt = 0;

  function currentAccount(): Promise<Account> {
    if (account === undefined || performance.now() - readAt >= rereadMilliseconds) {
      readAt = performance.now();
      account = readAccount(directory);
      // A failed read is not remembered; whoever awaits it is told.
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
 * The API server that a kubeconfig file's current context names, with whatever way to log in the file asks for (tokens,
 * client certificates, exec plugins, OIDC).
 *
 * client-node is loaded only here, when a kubeconfig is really used: its package has one entry that pulls in the models of
 * the whole API, and even `dist/config.js` alone imports them.
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
  // Plain http does with Node's own agent, which keeps connections too.
  const agent = server.protocol === 'https:' ? new Agent(AGENT_OPTIONS) : undefined;

  return {
    server,
    requestOptions: async () => {
      const options: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(options);
      // Its own agent keeps no connection open; only a proxy needs it.
      return cluster.proxyUrl === undefined ? { ...options, agent } : options;
    },
  };
}

/** client-node refuses plain http, such as a `kubectl proxy` on this machine, unless told to skip a verification. */
function allowPlainHttp<Cluster extends { readonly server: string }>(cluster: Cluster): Cluster {
  return cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster;
}
