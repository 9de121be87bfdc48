import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface DnsAnswer {
  readonly addresses: readonly LookupAddress[];
  readonly ttlSeconds: number;
}

export interface DnsServers {
  /** Addresses with ports; those of `/etc/resolv.conf` by default. */
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

/** The DNS server answered that the name does not exist, or has no address (RFC 2308). */
const ABSENT: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Creates the error that `getaddrinfo` reports for a name without an address. */
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

async function queryFamily(resolver: Resolver, name: string, family: 4 | 6): Promise<DnsAnswer> {
  const options = { ttl: true } as const;
  const records = await (family === 4 ? resolver.resolve4(name, options) : resolver.resolve6(name, options));
  return {
    addresses: records.map(({ address }) => ({ address, family })),
    ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)),
  };
}

/** Queries both families at once. After the first response it waits briefly for the other (RFC 8305, section 3). */
async function queryBothFamilies(resolver: Resolver, name: string, secondMs: number): Promise<DnsAnswer> {
  const found: DnsAnswer[] = [];
  const queries = ([4, 6] as const).map(async (family) => {
    found.push(await queryFamily(resolver, name, family));
  });
  const settled = Promise.allSettled(queries);
  try {
    await Promise.any(queries);
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

async function queryCandidates(resolver: Resolver, hostname: string, deps: DnsQueryDeps): Promise<DnsAnswer> {
  const { hosts, search } = await readSystemNames(deps.files);
  const fixed = hosts.get(hostname.toLowerCase());
  if (fixed !== undefined) return { addresses: fixed, ttlSeconds: 0 };
  for (const name of candidateNames(hostname, search)) {
    try {
      return await queryBothFamilies(resolver, name, deps.limits.dnsSecondFamilyMs);
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
 * Resolves a name with c-ares, which uses a socket: `getaddrinfo` blocks one of libuv's four threads until the DNS server
 * answers. A separate resolver lets the deadline cancel only this query.
 */
export async function queryDns(hostname: string, deps: DnsQueryDeps): Promise<DnsAnswer> {
  const { limits, servers } = deps;
  const resolver = new Resolver({ timeout: limits.dnsTryMs, tries: limits.dnsTries });
  if (servers !== undefined) resolver.setServers([...servers]);
  const deadline = setTimeout(() => {
    resolver.cancel();
  }, limits.dnsMs);
  try {
    const answer = await queryCandidates(resolver, hostname, deps);
    return { ...answer, addresses: answer.addresses.slice(0, limits.dnsAddresses) };
  } finally {
    clearTimeout(deadline);
    resolver.cancel();
  }
}

export interface DnsFiles {
  readonly hosts: string;
  readonly resolvConf: string;
}

/** The system's names and search domains. c-ares itself reads the DNS servers. */
export interface SystemNames {
  /** Addresses from `/etc/hosts`, keyed by name in lower case. */
  readonly hosts: ReadonlyMap<string, readonly LookupAddress[]>;
  readonly search: readonly string[];
}

/** glibc's limit before 2.26; Kubernetes writes three or four. */
const SEARCH_DOMAINS = 6;

const SYSTEM_FILES: DnsFiles = { hosts: '/etc/hosts', resolvConf: '/etc/resolv.conf' };

function words(line: string): readonly string[] {
  const [text = ''] = line.split(/[#;]/, 1);
  return text.split(/\s+/).filter((word) => word !== '');
}

export function parseHostsFile(text: string): SystemNames['hosts'] {
  const hosts = new Map<string, LookupAddress[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = words(line);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names.map((written) => written.toLowerCase()))
      hosts.set(name, [...(hosts.get(name) ?? []), { address, family }]);
  }
  return hosts;
}

/** Parses the last `search` or `domain` line, as resolv.conf(5) defines it. */
export function parseSearchList(text: string): readonly string[] {
  const lines = text.split('\n').map(words);
  const [, ...domains] = lines.findLast(([key]) => key === 'search' || key === 'domain') ?? [];
  return domains.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '');
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

async function readSystemNames(files: DnsFiles = SYSTEM_FILES): Promise<SystemNames> {
  const [hosts, resolvConf] = await Promise.all([readOrEmpty(files.hosts), readOrEmpty(files.resolvConf)]);
  return { hosts: parseHostsFile(hosts), search: parseSearchList(resolvConf) };
}

/**
 * Returns the names to query, in order. A name with a dot comes first as written, whatever `ndots` says: the kubelet sets 5,
 * which would query four cluster names before each registry.
 */
export function candidateNames(hostname: string, search: readonly string[]): readonly string[] {
  if (hostname.endsWith('.')) return [hostname.slice(0, -1)];
  const longer = search.slice(0, SEARCH_DOMAINS).map((domain) => `${hostname}.${domain}`);
  return hostname.includes('.') ? [hostname, ...longer] : [...longer, hostname];
}
