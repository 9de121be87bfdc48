import type { ServiceAccountsPort } from '../assess/ports.ts';
import { describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { createSingleFlightCache } from '../lib/single-flight.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import { isObjectName } from '../pod/object-metadata.ts';
import { pullSecretsOfAccount } from '../pod/pull-secret-names.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import { isKubernetesError } from './kubernetes-error.ts';

const ACCOUNT_CACHE_LIMITS = {
  /** The lifetime of the secrets themselves. */
  ttlMilliseconds: 60_000,
  /** Some 100 bytes each. */
  maxEntries: 1024,
  /** Memory for all: an account may name as many secrets as wasmgate reads, each of 253 characters. */
  maxBytes: 4 * 1024 * 1024,
} as const;

export interface ServiceAccountsDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
}

type Names = readonly string[];

const NONE: Names = [];

function estimateBytes(names: Names): number {
  return 2 * names.join(' ').length;
}

/** Reads ServiceAccounts by name, for the pull secrets that the API server would copy into a Pod. */
export function createServiceAccounts(
  { client, logger }: ServiceAccountsDeps,
  options: { readonly [Key in keyof typeof ACCOUNT_CACHE_LIMITS]?: number } = {},
): ServiceAccountsPort {
  const accounts = createSingleFlightCache<Names>({ ...ACCOUNT_CACHE_LIMITS, ...options }, estimateBytes);

  const warn = throttledWarn(logger, 'cannot read ServiceAccount');

  async function read(namespace: string, name: string): Promise<Names> {
    const path = namespacePath(namespace, 'serviceaccounts', name);
    const action = `read ServiceAccount "${namespace}/${name}"`;
    try {
      // Callers share this read: their signals do not end it, the client's own timeout does.
      return pullSecretsOfAccount(await client.request({ action, path }, new AbortController().signal));
    } catch (error) {
      // An account often arrives after its Deployment: that is not a fault, and the next read waits for the cache to expire.
      if (isKubernetesError(error, 'not-found')) return NONE;
      const message = describeError(error);
      warn({ namespace, serviceAccount: name }, { namespace, message });
      // Missing permission lasts, so it is cached, and logged once per TTL. Other faults may pass at once.
      if (isKubernetesError(error, 'forbidden')) return NONE;
      throw error;
    }
  }

  return {
    pullSecrets: async (namespace, name, signal) => {
      if (!isObjectName(namespace) || !isObjectName(name)) return NONE;
      const reading = accounts.get(`${namespace}/${name}`, () => read(namespace, name)).catch(() => NONE);
      // A caller whose time is up continues without it; the read fills the cache for the next one.
      return raceAbort(reading, signal, () => NONE);
    },
  };
}
