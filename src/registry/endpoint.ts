import type { Credential } from '../credentials/credential.ts';
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
