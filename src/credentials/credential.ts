/**
 * One way to authenticate at a registry, from a Docker config entry: `auth` or `username`/`password`, `identitytoken`
 * (an OAuth2 refresh token), `registrytoken` (a bearer token as is).
 */
export interface Credential {
  /**
   * The key of its Docker config entry, as written: host, host:port, host/path, a glob such as `*.azurecr.io`, or a URL.
   */
  readonly server: string;
  readonly secret: CredentialSecret;
  /** Its origin, for messages and cache keys, without secrets: `secret team-a/regcred`. */
  readonly source: string;
  /** Replaces `source` in messages to Pod authors if that would reveal the operator's paths or programs. */
  readonly publicSource?: string;
  /**
   * The kubelet's keyring that it belongs to: `node` for the node's Docker configs, `plugins` for credential providers,
   * absent for the Pod's pull secrets.
   */
  readonly keyring?: 'node' | 'plugins';
}

export type CredentialSecret =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string }
  | { readonly kind: 'registry-token'; readonly token: string };

/** The `publicSource` of the operator's logins: Pod authors do not learn their files and programs. */
export const OPERATORS_CREDENTIALS = "the operator's credentials";

/** Bounds on what one tenant can make wasmgate read, keep and try. Each is far above real use. */
export const KEYRING_LIMITS = {
  /** A dozen hosts with JSON keys take 64 KiB, forty regions 200 KiB; the API server allows 1 MiB. */
  secretBytes: 512 * 1024,
  /** The forty regions of a cloud, with several accounts each, stay far below it. */
  secretEntries: 1_000,
  /** Keys with a wildcard, each compared with every image; users write one per cloud. */
  secretPatterns: 100,
  /** Each login costs up to three requests within the admission's time. */
  triedForImage: 32,
} as const;

/** Credentials that were read together, and which secrets exceeded the bounds. */
export interface Keyring {
  readonly credentials: readonly Credential[];
  /** One clause for each secret that was not fully read: `pull secret team-a/regcred is larger than 512 KiB`. */
  readonly shortfalls: readonly string[];
}

export const EMPTY_KEYRING: Keyring = { credentials: [], shortfalls: [] };

/** Joins keyrings in their order. */
export function joinKeyrings(keyrings: readonly Keyring[]): Keyring {
  return {
    credentials: keyrings.flatMap(({ credentials }) => credentials),
    shortfalls: keyrings.flatMap(({ shortfalls }) => shortfalls),
  };
}

/** Memory of a credential without its texts: its objects, its parsed key and its identity. */
const CREDENTIAL_BYTES = 512;

/** Estimates the memory of credentials, for caches that are bounded by bytes. */
export function estimateCredentialBytes(credentials: readonly Credential[]): number {
  return credentials.reduce((bytes, { server, source, secret }) => {
    const texts = secret.kind === 'basic' ? [secret.username, secret.password] : [secret.token];
    const characters = [server, source, ...texts].reduce((sum, text) => sum + text.length, 0);
    return bytes + CREDENTIAL_BYTES + 2 * characters;
  }, CREDENTIAL_BYTES);
}
