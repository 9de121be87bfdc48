import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { candidateNames, readSystemNames, type DnsFiles } from './dns-files.ts';

export interface DnsAnswer {
  readonly addresses: readonly LookupAddress[];
  readonly ttlSeconds: number;
}

export interface DnsServers {
  /** Addresses with ports; left out: those of `/etc/resolv.conf`. */
  readonly servers?: readonly string[];
  readonly files?: DnsFiles;
}

export interface DnsQueryLimits {
  readonly dnsTryMs: number;
  readonly dnsTries: number;
  readonly dnsMs: number;
  readonly dnsSecondFamilyMs: number;
  readonly dnsAddresses: number;
}

/** The server knows that there is no such name, or no address for it; it does not fail (RFC 2308). */
const ABSENT: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** A name without an address, as `getaddrinfo` reports it. */
export function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`no address for ${hostname}`), { code: 'ENOTFOUND' });
}

function failed(hostname: string, error: unknown): NodeJS.ErrnoException {
  const code = codeOf(error);
  const isLate = code === 'ETIMEOUT' || code === 'ECANCELLED';
  const state = isLate ? 'no DNS server answered in time' : `the DNS server failed (${code})`;
  return Object.assign(new Error(`cannot resolve ${hostname}: ${state}`), {
    code: isLate ? 'ETIMEDOUT' : code,
  });
}

async function askFamily(resolver: Resolver, name: string, family: 4 | 6): Promise<DnsAnswer> {
  const options = { ttl: true } as const;
  const records = await (family === 4 ? resolver.resolve4(name, options) : resolver.resolve6(name, options));
  return {
    addresses: records.map(({ address }) => ({ address, family })),
    ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)),
  };
}

/** Asks for both families at once. The first one with an address leaves the other a moment (RFC 8305, section 3). */
async function askBoth(resolver: Resolver, name: string, secondMs: number): Promise<DnsAnswer> {
  const found: DnsAnswer[] = [];
  const asked = ([4, 6] as const).map(async (family) => {
    found.push(await askFamily(resolver, name, family));
  });
  const settled = Promise.allSettled(asked);
  try {
    await Promise.any(asked);
  } catch (error) {
    const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    throw errors.find((each) => !ABSENT.has(codeOf(each))) ?? errors[0];
  }
  await Promise.race([settled, delay(secondMs, undefined, { ref: false })]);
  return {
    addresses: found
      .flatMap(({ addresses }) => addresses)
      .toSorted((one, other) => one.family - other.family),
    ttlSeconds: Math.min(...found.map(({ ttlSeconds }) => ttlSeconds)),
  };
}

async function askInOrder(resolver: Resolver, hostname: string, deps: DnsQueryDeps): Promise<DnsAnswer> {
  const { hosts, search } = await readSystemNames(deps.files);
  const fixed = hosts.get(hostname.toLowerCase());
  if (fixed !== undefined) return { addresses: fixed, ttlSeconds: 0 };
  for (const name of candidateNames(hostname, search)) {
    try {
      return await askBoth(resolver, name, deps.limits.dnsSecondFamilyMs);
    } catch (error) {
      if (!ABSENT.has(codeOf(error))) throw failed(hostname, error);
    }
  }
  throw notFound(hostname);
}

export interface DnsQueryDeps extends DnsServers {
  readonly limits: DnsQueryLimits;
}

/**
 * Resolves a name with c-ares, which holds a socket and no thread: `getaddrinfo` holds one of libuv's four until its server
 * answers. A resolver of its own lets the deadline end just this query.
 */
export async function queryDns(hostname: string, deps: DnsQueryDeps): Promise<DnsAnswer> {
  const { limits, servers } = deps;
  const resolver = new Resolver({ timeout: limits.dnsTryMs, tries: limits.dnsTries });
  if (servers !== undefined) resolver.setServers([...servers]);
  const deadline = setTimeout(() => {
    resolver.cancel();
  }, limits.dnsMs);
  try {
    const answer = await askInOrder(resolver, hostname, deps);
    return { ...answer, addresses: answer.addresses.slice(0, limits.dnsAddresses) };
  } finally {
    clearTimeout(deadline);
    resolver.cancel();
  }
}
