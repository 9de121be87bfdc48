/**
 * One way to authenticate at a registry, from a docker config entry: `auth` or `username`/`password`, `identitytoken`
 * (an OAuth2 refresh token), `registrytoken` (a bearer token as it stands).
 */
export interface Credential {
  /**
   * The key of the docker config entry it stands under, as written: host, host:port, host/path, a glob such as
   * `*.azurecr.io`, or a URL.
   */
  readonly server: string;
  readonly secret: CredentialSecret;
  /** Where it comes from, for people and for cache keys, without anything secret: `secret team-a/regcred`. */
  readonly source: string;
  /** What whoever made the Pod is told instead, where the source is the operator's affair: a path, a program. */
  readonly publicSource?: string;
  /**
   * The kubelet's keyring that it belongs to, behind the one of the Pod's pull secrets: `node` holds the node's docker
   * configs, `plugins` what credential providers answer. Absent: the Pod's.
   */
  readonly keyring?: 'node' | 'plugins';
}

export type CredentialSecret =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string }
  | { readonly kind: 'registry-token'; readonly token: string };

/** The `publicSource` of logins that the operator configured: which file or program they come from is nobody else's business. */
export const OPERATORS_CREDENTIALS = "the operator's credentials";

/** Bounds on what one tenant can have wasmgate read, keep and try. Each leaves room for real users. */
export const KEYRING_LIMITS = {
  /** A dozen hosts with JSON keys make 64 KiB, forty regions 200 KiB; the API server takes 1 MiB. */
  secretBytes: 512 * 1024,
  /** The forty regions of a cloud with several accounts each stay far below it. */
  secretEntries: 1_000,
  /** Keys with a wildcard, each of which is held against every image; users write one for each cloud. */
  secretPatterns: 100,
  /** Each one costs up to three requests within the admission's time. */
  triedForImage: 32,
} as const;

/** Credentials that were read together, and what the bounds left out. */
export interface Keyring {
  readonly credentials: readonly Credential[];
  /** One clause for each secret that was not read whole: `pull secret team-a/regcred is larger than 512 KiB`. */
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

/** Of a credential in memory, beside its texts: its objects, its parsed key and its identity. */
const CREDENTIAL_BYTES = 512;

/** Returns about how many bytes of memory credentials take, for caches that are bounded by bytes. */
export function estimateCredentialBytes(credentials: readonly Credential[]): number {
  return credentials.reduce((bytes, { server, source, secret }) => {
    const texts = secret.kind === 'basic' ? [secret.username, secret.password] : [secret.token];
    const characters = [server, source, ...texts].reduce((sum, text) => sum + text.length, 0);
    return bytes + CREDENTIAL_BYTES + 2 * characters;
  }, CREDENTIAL_BYTES);
}
