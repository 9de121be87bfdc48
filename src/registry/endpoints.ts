import type { Credential } from '../credentials/credential.ts';
import { DOCKER_HUB } from '../image/reference.ts';
import { RegistryError, type ImageSubject } from './errors.ts';
import type { Rewrite } from './hosts/rewrite-repository.ts';

/** TLS settings of a host: trusted authorities and client certificates. */
export interface TlsMaterial {
  /** PEM certificates trusted in addition to the general ones. */
  readonly ca: readonly string[];
  /** PEM client certificates with their keys. */
  readonly client: readonly { readonly cert: string; readonly key: string }[];
  /** Skips certificate verification. */
  readonly insecure: boolean;
}

/** The same settings as file paths. */
export interface TlsFiles {
  readonly ca: readonly string[];
  /** A null key is in the certificate's file. */
  readonly client: readonly { readonly cert: string; readonly key: string | null }[];
  readonly insecure: boolean;
}

/** One configured server of a registry's images: a mirror, or the registry itself. */
export interface EndpointSettings<Tls = TlsMaterial> {
  /** Base URL of its API, such as `https://mirror.example/v2`; null for the registry itself. */
  readonly base: URL | null;
  /** Its name as written, even with a default port; null for the registry itself. */
  readonly registry: string | null;
  /** True if it may resolve tags. Content named by digest is verified, so any mirror may serve it. */
  readonly resolves: boolean;
  readonly pulls: boolean;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly rewrites: readonly Rewrite[];
  readonly tls: Tls | null;
}

/** A registry's endpoints in the order to try. */
export type EndpointList<Tls = TlsMaterial> = readonly EndpointSettings<Tls>[];

/** The hosts that one source configures. */
export interface HostsTable<Tls = TlsMaterial> {
  /** Keyed by registry, as in image references. */
  readonly byRegistry: ReadonlyMap<string, EndpointList<Tls>>;
  /** For all other registries; null if the source does not configure them. */
  readonly others: EndpointList<Tls> | null;
}

/** An endpoint for one registry. */
export interface Endpoint extends EndpointSettings {
  readonly base: URL;
  /** The name that logins are matched and cached by: `docker.io`, `mirror.example:5000`. */
  readonly registry: string;
  readonly credentials: readonly Credential[];
}

export const PLAIN_ENDPOINT: EndpointSettings<never> = {
  base: null,
  registry: null,
  resolves: true,
  pulls: true,
  headers: {},
  rewrites: [],
  tls: null,
};

/** The operator's mirrors, TLS settings and logins of hosts. */
export interface HostsConfiguration {
  /** The first table that configures a registry wins. */
  readonly tables: readonly HostsTable[];
  /** Keyed by host; overrides the tables. */
  readonly tls: ReadonlyMap<string, TlsMaterial>;
  readonly credentials: readonly Credential[];
}

export interface HostOptions {
  /** Registries that wasmgate connects to over plain http, as in image references. */
  readonly plainHttp: readonly string[];
  /** Uses plain http for loopback registries: for commands on the user's own machine. */
  readonly allowLoopback: boolean;
  readonly hosts?: HostsConfiguration | undefined;
}

const NO_HOSTS: HostsConfiguration = { tables: [], tls: new Map(), credentials: [] };

/** @param hostname of a parsed URL, in which addresses are normalized */
export function isLoopbackHost(hostname: string): boolean {
  const isName = hostname === 'localhost' || hostname.endsWith('.localhost');
  return isName || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Returns a registry's scheme, host and port. */
export function registryUrl(
  subject: ImageSubject,
  options: Pick<HostOptions, 'plainHttp' | 'allowLoopback'>,
): URL {
  const host = hostOfRegistry(subject.registry);
  if (!URL.canParse(`https://${host}`)) {
    throw new RegistryError('invalid', subject, { state: `"${host}" is not a host and port` });
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

/** Returns the endpoints of a registry, in the order to try. @throws RegistryError `invalid` */
export function endpointsOf(subject: ImageSubject, options: HostOptions): readonly Endpoint[] {
  const { tables, tls, credentials } = options.hosts ?? NO_HOSTS;
  const toEndpoint = (settings: EndpointSettings): Endpoint => {
    const base = settings.base ?? new URL('/v2', registryUrl(subject, options));
    const registry = settings.registry ?? subject.registry;
    // A default port names the same server, whether written or not.
    const own = tls.get(registry) ?? tls.get(registryOfHost(base.host));
    return { ...settings, base, registry, credentials, tls: own ?? settings.tls };
  };
  return listFor(subject.registry, tables).map(toEndpoint);
}

/** Docker Hub's registry has another host name than its image references (github.com/distribution/reference). */
export const HUB_HOST = 'registry-1.docker.io';

const HUB_HOSTS: ReadonlySet<string> = new Set([HUB_HOST, 'index.docker.io']);

/** Returns the name of a host in image references and logins. */
export function registryOfHost(host: string): string {
  return HUB_HOSTS.has(host) ? DOCKER_HUB : host;
}

function hostOfRegistry(registry: string): string {
  return registry === DOCKER_HUB ? HUB_HOST : registry;
}
