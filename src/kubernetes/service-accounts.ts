import { LRUCache } from 'lru-cache';
import type { Logger, ServiceAccountsPort } from '../assess/ports.ts';
import { describeError } from '../errors.ts';
import { isObject, property, stringOr, type JsonObject } from '../json.ts';
import { orLate } from '../or-late.ts';
import { isObjectName } from '../pod/object-name.ts';
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

/** ServiceAccounts, each read by its name, for what the API server would copy from them into a Pod. */
export function createServiceAccounts(
  { client, logger }: ServiceAccountsDeps,
  options: { readonly [Key in keyof typeof DEFAULTS]?: number } = {},
): ServiceAccountsPort {
  const { ttlMilliseconds, maxEntries, maxBytes } = { ...DEFAULTS, ...options };
  const cache = new LRUCache<string, Promise<Names>>({
    max: maxEntries,
    maxSize: maxBytes,
    ttl: ttlMilliseconds,
  });

  async function read(namespace: string, name: string, key: string): Promise<Names> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${encodeURIComponent(name)}`;
    const action = `read ServiceAccount "${key}"`;
    try {
      // Shared by all who ask in the meantime: no single one's signal ends it, the client's own time limit does.
      return readNames(await client.request({ action, path }, new AbortController().signal));
    } catch (error) {
      // An account that comes after the Deployment is usual: no fault, and asked for again only when this has grown old.
      if (isKubernetesError(error, 'not-found')) return NONE;
      // A right that is missing stays so for a while, and is told once in that time; other faults may pass at once.
      if (!isKubernetesError(error, 'forbidden')) cache.delete(key);
      logger.warn({ namespace, serviceAccount: name }, describeError(error));
      return NONE;
    }
  }

  /** Weighed once it is known what it holds. */
  function keep(key: string, reading: Promise<Names>): void {
    cache.set(key, reading, { size: key.length });
    const weigh = (names: Names): void => {
      const size = 2 * names.join(' ').length + key.length;
      if (cache.peek(key) === reading) cache.set(key, reading, { size, noUpdateTTL: true });
    };
    void reading.then(weigh);
  }

  return {
    pullSecrets: async (namespace, name, signal) => {
      if (!isObjectName(namespace) || !isObjectName(name)) return NONE;
      const key = `${namespace}/${name}`;
      const reading = cache.get(key) ?? read(namespace, name, key);
      if (!cache.has(key)) keep(key, reading);
      // Whoever has no time left goes on without; the reading fills the cache for the next one.
      return orLate(reading, signal, () => NONE);
    },
  };
}
