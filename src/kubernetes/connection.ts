import { readFile } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { describeFileState } from '../files/read-text.ts';
import { describeError } from '../lib/errors.ts';
import { property, stringOr } from '../lib/json.ts';
import type { KubeconfigContext } from './kubeconfig.ts';
import { createKubernetesError, type KubernetesError } from './kubernetes-error.ts';

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

/** The kubelet mounts the ServiceAccount of a Pod here. */
export const ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

const ACCOUNT_FILES = {
  directory: ACCOUNT_DIRECTORY,
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

/** Returns a login's token file afresh for each request: its token rotates. client-node knows no such file. */
async function tokenHeaders({ user }: KubeconfigContext): Promise<OutgoingHttpHeaders> {
  const file = stringOr(property(user, 'tokenFile'), '');
  return file === '' ? {} : { authorization: `Bearer ${(await readFile(file, 'utf8')).trim()}` };
}

/** Converts an error of a file or a program that the kubeconfig names. */
function loginError({ name }: KubeconfigContext, cause: unknown): KubernetesError {
  const action = `log in with context "${name}"`;
  const { path, syscall } = cause as NodeJS.ErrnoException;
  const state = describeFileState(cause) ?? describeError(cause).trim();
  if (path === undefined) return createKubernetesError(action, 'unauthorized', { state });
  const isProgram = syscall?.startsWith('spawn') === true;
  return createKubernetesError(action, 'invalid-kubeconfig', {
    state: `${isProgram ? 'its login program' : 'it names'} "${path}": ${state}`,
    advice: isProgram ? 'Install it, or put its folder on the PATH.' : 'Correct the path in the kubeconfig.',
  });
}

/**
 * Connects to the API server of a kubeconfig's context, with whatever login it uses (tokens, client certificates, exec plugins,
 * OIDC).
 *
 * Only this function loads client-node: its entry point pulls in the models of the whole API, as even `dist/config.js` does.
 */
export async function connectContext(context: KubeconfigContext): Promise<KubernetesConnection> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  // One context alone: client-node rejects a file for an entry that is not used.
  const { cluster, user, name, server } = context;
  const single = {
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  config.loadFromString(JSON.stringify(single));
  config.clusters = config.clusters.map(allowPlainHttp);
  const isProxied = config.clusters.some(({ proxyUrl }) => proxyUrl !== undefined);
  // For plain http, Node's default agent keeps connections, too.
  const agent = server.protocol === 'https:' ? new Agent(AGENT_OPTIONS) : undefined;

  return {
    server,
    requestOptions: async () => {
      const options: RequestOptions = { headers: {} };
      let token: OutgoingHttpHeaders;
      try {
        await config.applyToHTTPSOptions(options);
        token = await tokenHeaders(context);
      } catch (cause) {
        throw loginError(context, cause);
      }
      const headers = { ...(options.headers as OutgoingHttpHeaders), ...token };
      // client-node's agent keeps no connection open; only a proxy needs it.
      return isProxied ? { ...options, headers } : { ...options, headers, agent };
    },
  };
}

/** Connects to the API server of a kubeconfig's current context. A webhook in a cluster does not load the reader. */
export async function createKubeconfigConnection(file: string): Promise<KubernetesConnection> {
  const { readKubeconfig, selectContext } = await import('./kubeconfig.ts');
  return connectContext(selectContext(await readKubeconfig(file)));
}

/** client-node rejects plain http, such as a local `kubectl proxy`, unless a verification is skipped. */
function allowPlainHttp<Cluster extends { readonly server: string }>(cluster: Cluster): Cluster {
  return cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster;
}
