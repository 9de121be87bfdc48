import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { describeFileState } from '../files/read-text.ts';
import { describeError } from '../lib/errors.ts';
import { AGENT_OPTIONS, type KubernetesConnection } from './connection.ts';
import { createKubernetesError } from './kubernetes-error.ts';

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
 * the whole Kubernetes API: 27 MiB of memory in a process that should stay under 80, for two files and two variables.
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
