import type { LookupAddress } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** The system's files for names. */
export interface DnsFiles {
  readonly hosts: string;
  readonly resolvConf: string;
}

/** What the system knows about names beside its DNS servers, which c-ares reads itself. */
export interface SystemNames {
  /** Addresses of `/etc/hosts` by name, in lower case. */
  readonly hosts: ReadonlyMap<string, readonly LookupAddress[]>;
  readonly search: readonly string[];
}

/** As many as glibc took for 30 years; Kubernetes writes three or four. */
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

/** The last `search` or `domain` line counts, as in resolv.conf(5). */
export function parseSearchList(text: string): readonly string[] {
  const lines = text.split('\n').map(words);
  const [, ...domains] = lines.findLast(([key]) => key === 'search' || key === 'domain') ?? [];
  return domains.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '');
}

/** A missing file says nothing. */
async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

export async function readSystemNames(files: DnsFiles = SYSTEM_FILES): Promise<SystemNames> {
  const [hosts, resolvConf] = await Promise.all([readOrEmpty(files.hosts), readOrEmpty(files.resolvConf)]);
  return { hosts: parseHostsFile(hosts), search: parseSearchList(resolvConf) };
}

/**
 * The names to ask for, in order. A registry's name has a dot, so it is asked as it stands first, whatever `ndots` says: the
 * kubelet sets 5, which would ask for four names of the cluster before each registry.
 */
export function candidateNames(hostname: string, search: readonly string[]): readonly string[] {
  if (hostname.endsWith('.')) return [hostname.slice(0, -1)];
  const longer = search.slice(0, SEARCH_DOMAINS).map((domain) => `${hostname}.${domain}`);
  return hostname.includes('.') ? [hostname, ...longer] : [...longer, hostname];
}
