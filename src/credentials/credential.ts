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
