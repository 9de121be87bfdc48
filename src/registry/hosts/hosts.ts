import type { Credential } from '../../credentials/credential.ts';
import type { Endpoint, EndpointList, EndpointSettings, HostsTable, TlsMaterial } from '../endpoint.ts';
import { PLAIN_ENDPOINT } from '../endpoint.ts';
import { RegistryError, type ImageSubject } from '../errors.ts';
import { hostOfRegistry, registryOfHost } from '../hub.ts';

/** What the operator says of hosts beside what nodes do without being told. */
export interface HostsConfiguration {
  /** The first one that speaks of a registry is listened to. */
  readonly tables: readonly HostsTable[];
  /** By host, over whatever the tables say. */
  readonly tls: ReadonlyMap<string, TlsMaterial>;
  /** Each for the host that it names. */
  readonly credentials: readonly Credential[];
}

export interface HostOptions {
  /** Registries spoken to over plain http, as references name them. */
  readonly plainHttp: readonly string[];
  /** Loopback registries are meant, and speak plain http: for commands on the user's own machine. */
  readonly allowLoopback: boolean;
  readonly hosts?: HostsConfiguration | undefined;
}

const NO_HOSTS: HostsConfiguration = { tables: [], tls: new Map(), credentials: [] };

/** Of a parsed URL, where addresses stand in their normal form. */
export function isLoopbackHost(hostname: string): boolean {
  const isName = hostname === 'localhost' || hostname.endsWith('.localhost');
  return isName || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Where a registry is spoken to: scheme, host and port. */
export function registryUrl(
  subject: ImageSubject,
  options: Pick<HostOptions, 'plainHttp' | 'allowLoopback'>,
): URL {
  const host = hostOfRegistry(subject.registry);
  if (!URL.canParse(`https://${host}`)) {
    throw new RegistryError('invalid', subject, { state: `"${host}" is no host and port` });
  }
  const url = new URL(`https://${host}`);
  const plain =
    options.plainHttp.includes(subject.registry) || (options.allowLoopback && isLoopbackHost(url.hostname));
  return plain ? new URL(`http://${host}`) : url;
}

function listFor(registry: string, tables: readonly HostsTable[]): EndpointList {
  for (const { byRegistry, others } of tables) {
    const list = byRegistry.get(registry) ?? others;
    if (list !== null) return list;
  }
  return [PLAIN_ENDPOINT];
}

/** Where a registry's images may be asked for, in order. @throws RegistryError `invalid` */
export function endpointsOf(subject: ImageSubject, options: HostOptions): readonly Endpoint[] {
  const { tables, tls, credentials } = options.hosts ?? NO_HOSTS;
  const toEndpoint = (settings: EndpointSettings): Endpoint => {
    const base = settings.base ?? new URL('/v2', registryUrl(subject, options));
    const registry = settings.registry ?? subject.registry;
    // The usual port means the same server, written out or not.
    const own = tls.get(registry) ?? tls.get(registryOfHost(base.host));
    return { ...settings, base, registry, credentials, tls: own ?? settings.tls };
  };
  return listFor(subject.registry, tables).map(toEndpoint);
}
