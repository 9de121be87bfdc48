import type { Credential, CredentialSecret } from './credential.ts';
import { candidatesIn, type Image } from './keyring-index.ts';
import { KEYRING_LIMITS } from './keyring.ts';

/** The credentials to try for an image, in order. */
export interface MatchedCredentials {
  readonly credentials: readonly Credential[];
  /** Whether the image has more distinct credentials than wasmgate tries. */
  readonly hasMore: boolean;
}

function textOf(secret: CredentialSecret): string {
  return secret.kind === 'basic'
    ? JSON.stringify([secret.username, secret.password])
    : `${secret.kind} ${secret.token}`;
}

/** Keeps the first of equal logins, up to the bound. */
function boundCandidates(candidates: Iterable<Credential>): MatchedCredentials {
  const credentials = new Map<string, Credential>();
  for (const credential of candidates) {
    const text = textOf(credential.secret);
    if (credentials.has(text)) continue;
    if (credentials.size === KEYRING_LIMITS.triedForImage)
      return { credentials: [...credentials.values()], hasMore: true };
    credentials.set(text, credential);
  }
  return { credentials: [...credentials.values()], hasMore: false };
}

/**
 * Returns the credentials to try for an image. Keyrings are asked one after the other. Within one, keys are tried in
 * reverse lexical order and equal keys in the order of their secrets (kubelet: pkg/credentialprovider/keyring.go, `Lookup`).
 */
export function matchCredentials(
  image: Image,
  keyrings: readonly (readonly Credential[])[],
): MatchedCredentials {
  const matched = keyrings.map((keyring) => boundCandidates(candidatesIn(keyring, image)));
  return {
    credentials: matched.flatMap(({ credentials }) => credentials),
    hasMore: matched.some(({ hasMore }) => hasMore),
  };
}

/** A look-up asks several times with the same list, and what is known of a keyring is known by its list. */
const splits = new WeakMap<readonly Credential[], readonly (readonly Credential[])[]>();

/** Splits credentials into the kubelet's keyrings, in its order: the Pod's, the node's, and that of the plugins. */
export function splitKeyrings(credentials: readonly Credential[]): readonly (readonly Credential[])[] {
  const known = splits.get(credentials);
  if (known !== undefined) return known;
  const { pod = [], node = [], plugins = [] } = Object.groupBy(credentials, ({ keyring = 'pod' }) => keyring);
  const keyrings = [pod, node, plugins];
  splits.set(credentials, keyrings);
  return keyrings;
}
