import type { ServiceAccountsPort } from '../assess/ports.ts';
import { describeError } from '../lib/errors.ts';
import { isObject, property, stringOr, type JsonObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { createSingleFlightCache } from '../lib/single-flight.ts';
import { isObjectName } from '../pod/object-metadata.ts';
import { pullSecretNames } from '../pod/pull-secret-names.ts';
import type { KubernetesClient } from './client.ts';
import { isKubernetesError } from './kubernetes-error.ts';

const DEFAULTS = {
  /** As for the secrets themselves. */
  ttlMilliseconds: 60_000,
  /** Some 100 bytes each. */
  maxEntries: 1024,
  /** Bytes of memory for all: an account may name as many secrets as wasmgate reads, each of 253 characters. */
  maxBytes: 4 * 1024 * 1024,
} as const;

export interface ServiceAccountsDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
}

type Names = readonly string[];

const NONE: Names = [];

function readNames(account: JsonObject): Names {
  const secrets = property(account, 'imagePullSecrets');
  if (!Array.isArray(secrets)) return NONE;
  const listed = secrets.flatMap((secret: unknown) => {
    const name = isObject(secret) ? stringOr(property(secret, 'name'), '') : '';
    return name === '' ? [] : [name];
  });
  return pullSecretNames(listed);
}

function weigh(names: Names): number {
  return 2 * names.join(' ').length;
}

/** ServiceAccounts, each read by its name, for what the API server would copy from them into a Pod. */
export function createServiceAccounts(
  { client, logger }: ServiceAccountsDeps,
  options: { readonly [Key in keyof typeof DEFAULTS]?: number } = {},
): ServiceAccountsPort {
  const accounts = createSingleFlightCache<Names>({ ...DEFAULTS, ...options }, weigh);

  async function read(namespace: string, name: string): Promise<Names> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}`;
    const action = `read ServiceAccount "${namespace}/${name}"`;
    try {
      // Shared by all who ask in the meantime: no single one's signal ends it, the client's own time limit does.
      return readNames(await client.request({ action, path }, new AbortController().signal));
    } catch (error) {
      // An account that comes after the Deployment is usual: no fault, and asked for again only when this has grown old.
      if (isKubernetesError(error, 'not-found')) return NONE;
      logger.warn({ namespace, serviceAccount: name }, describeError(error));
      // A right that is missing stays so for a while, and is logged once in that time; other faults may pass at once.
      if (isKubernetesError(error, 'forbidden')) return NONE;
      throw error;
    }
  }

  return {
    pullSecrets: async (namespace, name, signal) => {
      if (!isObjectName(namespace) || !isObjectName(name)) return NONE;
      const reading = accounts.get(`${namespace}/${name}`, () => read(namespace, name)).catch(() => NONE);
      // Whoever has no time left goes on without; the reading fills the cache for the next one.
      return raceAbort(reading, signal, () => NONE);
    },
  };
}
