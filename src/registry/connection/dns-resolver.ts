import { LRUCache } from 'lru-cache';
import { OWN_TENANT } from '../http-types.ts';
import { REGISTRY_LIMITS, type RegistryLimits } from '../limits.ts';
import { queryDns, type DnsAnswer, type DnsServers } from './dns-query.ts';
import type { NameResolver, Resolve } from './guarded-connector.ts';

type Outcome = DnsAnswer | { readonly error: NodeJS.ErrnoException };

/** Estimated memory of a cached result: the entry itself, and each address. */
const BYTES = { entry: 256, address: 128 } as const;

function sizeOf(outcome: Outcome, hostname: string): number {
  const count = 'error' in outcome ? 1 : outcome.addresses.length;
  return BYTES.entry + 2 * hostname.length + count * BYTES.address;
}

function toError(error: unknown): NodeJS.ErrnoException {
  return error instanceof Error ? error : new Error(String(error));
}

function busy(hostname: string, state: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`did not resolve ${hostname}: ${state}`), { code: 'EDNSBUSY' });
}

/**
 * Resolves names for all namespaces, each name once at a time. Each namespace has a share of the concurrent lookups, so that
 * names whose DNS servers never answer cannot block other namespaces.
 */
export function createDnsResolver(
  from: DnsServers = {},
  changed: Partial<RegistryLimits> = {},
): Required<NameResolver> {
  const limits = { ...REGISTRY_LIMITS, ...changed };
  const cache = new LRUCache<string, Outcome>({
    max: limits.dnsNames,
    maxSize: limits.dnsBytes,
    sizeCalculation: sizeOf,
  });
  const flights = new Map<string, Promise<Outcome>>();
  const shares = new Map<string, number>();

  const lifetimeOf = (outcome: Outcome): number => {
    if ('error' in outcome) return limits.dnsFailureMs;
    return Math.min(Math.max(outcome.ttlSeconds * 1000, limits.dnsShortestMs), limits.dnsLongestMs);
  };

  const take = (tenant: string, count: 1 | -1): void => {
    const held = (shares.get(tenant) ?? 0) + count;
    if (held === 0) shares.delete(tenant);
    else shares.set(tenant, held);
  };

  const fly = async (hostname: string, tenant: string): Promise<Outcome> => {
    take(tenant, 1);
    const outcome = await queryDns(hostname, { ...from, limits }).catch((error: unknown): Outcome => ({
      error: toError(error),
    }));
    take(tenant, -1);
    flights.delete(hostname);
    cache.set(hostname, outcome, { ttl: lifetimeOf(outcome) });
    return outcome;
  };

  /** Returns why the tenant may not start a lookup; null if it may. */
  const whyBusy = (tenant: string): string | null => {
    // A probe that is not sent would count as an outage of its host; `probedHosts` bounds probes.
    if (tenant === OWN_TENANT) return null;
    if ((shares.get(tenant) ?? 0) >= limits.dnsShare)
      return `namespace "${tenant}" waits for ${limits.dnsShare} other names`;
    return flights.size >= limits.dnsLookups ? 'too many lookups are in progress' : null;
  };

  const lookUp = async (hostname: string, tenant: string): Promise<Outcome> => {
    const known = cache.get(hostname) ?? flights.get(hostname);
    if (known !== undefined) return known;
    const why = whyBusy(tenant);
    if (why !== null) return { error: busy(hostname, why) };
    const flight = fly(hostname, tenant);
    flights.set(hostname, flight);
    return flight;
  };

  /** A connection may need a name after `prepare`'s result expired, and does not know its tenant. */
  const answer = async (...[hostname, callback]: Parameters<Resolve>): Promise<void> => {
    const outcome = await lookUp(hostname, OWN_TENANT);
    if ('error' in outcome) callback(outcome.error, []);
    else callback(null, outcome.addresses);
  };

  return {
    prepare: async (hostname, tenant) => {
      const outcome = await lookUp(hostname, tenant);
      if ('error' in outcome) throw outcome.error;
    },
    resolve: (hostname, callback) => {
      void answer(hostname, callback);
    },
  };
}
