import type { Credential } from '../credentials/credential.ts';
import { DOCKER_HUB } from '../image/reference.ts';
import { RegistryError, type ImageSubject } from './errors.ts';
import type { Rewrite } from './hosts/rewrite-repository.ts';

/** How a host is to be trusted, and what it is shown. */
export interface TlsMaterial {
  /** PEM certificates trusted beside the others. */
  readonly ca: readonly string[];
  /** PEM certificates with their keys. */
  readonly client: readonly { readonly cert: string; readonly key: string }[];
  /** Whoever answers is believed. */
  readonly insecure: boolean;
}

/** The same, as files name it. */
export interface TlsFiles {
  readonly ca: readonly string[];
  /** Without a file of its own the key stands beside the certificate. */
  readonly client: readonly { readonly cert: string; readonly key: string | null }[];
  readonly insecure: boolean;
}

/** One place where a registry's images may be asked for, as configured. */
export interface EndpointSettings<Tls = TlsMaterial> {
  /** Where its API stands, such as `https://mirror.example/v2`; null: at the registry itself. */
  readonly base: URL | null;
  /** Its own name, with the port that is written out even if it is the usual one; null: that of the registry itself. */
  readonly registry: string | null;
  /** Whether it may say what a tag stands for; what a digest names anyone may tell. */
  readonly resolves: boolean;
  readonly pulls: boolean;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly rewrites: readonly Rewrite[];
  readonly tls: Tls | null;
}

/** A registry's endpoints in the order to ask. */
export type EndpointList<Tls = TlsMaterial> = readonly EndpointSettings<Tls>[];

/** What one source says of hosts. */
export interface HostsTable<Tls = TlsMaterial> {
  /** By registry, as references name it. */
  readonly byRegistry: ReadonlyMap<string, EndpointList<Tls>>;
  /** For registries that are not named; null where nothing is said of them. */
  readonly others: EndpointList<Tls> | null;
}

/** An endpoint for one registry. */
export interface Endpoint extends EndpointSettings {
  readonly base: URL;
  /** Its own name, which logins are kept for: `docker.io`, `mirror.example:5000`. */
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

/** Docker Hub's registry answers at another name than its references have (github.com/distribution/reference). */
export const HUB_HOST = 'registry-1.docker.io';

const HUB_HOSTS: ReadonlySet<string> = new Set([HUB_HOST, 'index.docker.io']);

/** The name that references and logins have for a host. */
export function registryOfHost(host: string): string {
  return HUB_HOSTS.has(host) ? DOCKER_HUB : host;
}

function hostOfRegistry(registry: string): string {
  return registry === DOCKER_HUB ? HUB_HOST : registry;
}
