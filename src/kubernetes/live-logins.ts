import type { FactsRequest, ServiceAccountsPort, UnreadFact } from '../assess/ports.ts';
import { EMPTY_KEYRING, joinKeyrings, type Keyring } from '../credentials/credential.ts';
import type { PullSecretsPort } from '../images/ports.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { isObjectName } from '../pod/object-metadata.ts';
import { pullSecretsOfAccount, serviceAccountOf } from '../pod/pull-secret-names.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import type { FixedCluster } from './fixed-cluster.ts';
import { isKubernetesError, readOrNull } from './kubernetes-error.ts';
import { unreadFact } from './missing-right.ts';
import { createPullSecrets } from './pull-secrets.ts';

/** Pull secrets and ServiceAccounts, read by name when an image needs them. */
export interface LiveLogins extends Pick<FixedCluster, 'pullSecrets' | 'serviceAccounts'> {
  /** Returns those of a Pod that could not be read. */
  readonly unreadBy: (request: FactsRequest) => readonly UnreadFact[];
}

interface LiveLoginsOptions {
  /** Secrets and accounts that win over the cluster's. */
  readonly given: Pick<FixedCluster, 'pullSecrets' | 'serviceAccounts'>;
  /** Called once for each object that cannot be read. */
  readonly onUnread: (unread: UnreadFact) => void;
}

type Names = readonly string[];
const NONE: Names = [];

/**
 * Reads logins with the user's rights. Without one, wasmgate asks the registry anonymously: what an image is does not depend on
 * who may read it.
 */
export function createLiveLogins(
  client: KubernetesClient,
  { given, onUnread }: LiveLoginsOptions,
): LiveLogins {
  const live = createPullSecrets({ client });
  const accounts = new Map<string, Promise<Names>>();
  const unread = new Map<string, UnreadFact>();

  function record(key: string, found: UnreadFact): void {
    if (!unread.has(key)) onUnread(found);
    unread.set(key, found);
  }

  async function readSecret(namespace: string, name: string, signal: AbortSignal): Promise<Keyring> {
    try {
      return await live.read(namespace, [name], signal);
    } catch (error) {
      const cause = error instanceof Error ? error.cause : null;
      // A Docker config that does not parse is as wrong for the webhook.
      if (!isKubernetesError(cause)) throw error;
      const what = `secret "${namespace}/${name}"`;
      const right = { verb: 'get', group: '', resource: 'secrets', namespace, name } as const;
      record(`secret ${namespace}/${name}`, unreadFact(cause, { fact: 'pull-secrets', what, right }));
      return EMPTY_KEYRING;
    }
  }

  async function readAccount(namespace: string, name: string): Promise<Names> {
    const what = `ServiceAccount "${namespace}/${name}"`;
    const call = { action: `read ${what}`, path: namespacePath(namespace, 'serviceaccounts', name) };
    try {
      const account = await readOrNull(() => client.request(call, new AbortController().signal));
      return account === null ? NONE : pullSecretsOfAccount(account);
    } catch (error) {
      if (!isKubernetesError(error)) throw error;
      const right = { verb: 'get', group: '', resource: 'serviceaccounts', namespace, name } as const;
      record(`account ${namespace}/${name}`, unreadFact(error, { fact: 'service-accounts', what, right }));
      return NONE;
    }
  }

  const serviceAccounts: ServiceAccountsPort = {
    pullSecrets: async (namespace, name, signal) => {
      const found = await given.serviceAccounts.pullSecrets(namespace, name, signal);
      if (found.length > 0 || !isObjectName(namespace) || !isObjectName(name)) return found;
      const key = `${namespace}/${name}`;
      const reading = accounts.get(key) ?? readAccount(namespace, name);
      accounts.set(key, reading);
      return raceAbort(reading, signal, () => NONE);
    },
  };
  const pullSecrets: PullSecretsPort = {
    read: async (namespace, names, signal) => {
      const found = await given.pullSecrets.read(namespace, names, signal);
      if (found.credentials.length > 0 || found.shortfalls.length > 0) return found;
      return joinKeyrings(await Promise.all(names.map((name) => readSecret(namespace, name, signal))));
    },
    forget: live.forget,
  };

  return {
    serviceAccounts,
    pullSecrets,
    unreadBy: ({ namespace, pod }) => {
      const named = pod.spec.imagePullSecrets ?? [];
      const account = unread.get(`account ${namespace}/${serviceAccountOf(pod)}`);
      if (named.length === 0 && account !== undefined) return [account];
      const isOurs = (key: string): boolean =>
        named.length === 0
          ? key.startsWith(`secret ${namespace}/`)
          : named.some(({ name }) => key === `secret ${namespace}/${name ?? ''}`);
      return [...unread].flatMap(([key, found]) => (isOurs(key) ? [found] : []));
    },
  };
}
