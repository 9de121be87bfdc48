import { DOCKER_HUB, type Reference } from '../image/reference.ts';
import type { Credential, CredentialSecret } from './credential.ts';
import { KEYRING_LIMITS } from './keyring.ts';
import { matchesServer, parseServerPattern, type ServerPattern } from './server-pattern.ts';

/** Docker Hub's name as `docker login` writes it into configs. */
const DOCKER_HUB_KEY = 'index.docker.io';

interface Candidate {
  readonly credential: Credential;
  readonly pattern: ServerPattern;
}

/** The credentials to try for an image, in order. */
export interface MatchedCredentials {
  readonly credentials: readonly Credential[];
  /** Whether the image has more distinct credentials than wasmgate tries. */
  readonly hasMore: boolean;
}

type Image = Pick<Reference, 'registry' | 'repository'>;

/** Keys are parsed once: every request for an image goes through all of them. Null marks a key that matches nothing. */
const patterns = new WeakMap<Credential, { readonly pattern: ServerPattern | null }>();

function patternOf(credential: Credential): ServerPattern | null {
  const known = patterns.get(credential);
  if (known !== undefined) return known.pattern;
  const pattern = parseServerPattern(credential.server);
  patterns.set(credential, { pattern });
  return pattern;
}

/** Sorts by code unit, backwards, as the kubelet does: a longer path before its prefix, a full host name before a glob. */
function mostSpecificFirst(left: Candidate, right: Candidate): number {
  if (left.pattern.key === right.pattern.key) return 0;
  return left.pattern.key < right.pattern.key ? 1 : -1;
}

/** Returns what one keyring has for the image: keys that match it, or else, for Docker Hub, the key of `docker login`. */
function chooseCandidates(keyring: readonly Credential[], image: Image): readonly Candidate[] {
  const candidates = keyring.flatMap((credential) => {
    const pattern = patternOf(credential);
    return pattern === null ? [] : [{ credential, pattern }];
  });
  const target = parseServerPattern(image.registry);
  const matching =
    target === null
      ? []
      : candidates.filter(({ pattern }) => matchesServer(pattern, target, image.repository));
  return matching.length === 0 && image.registry === DOCKER_HUB
    ? candidates.filter(({ pattern }) => pattern.key === DOCKER_HUB_KEY)
    : matching;
}

function textOf(secret: CredentialSecret): string {
  return secret.kind === 'basic'
    ? JSON.stringify([secret.username, secret.password])
    : `${secret.kind} ${secret.token}`;
}

/** Keeps the first of equal logins, up to the bound. */
function boundCandidates(candidates: readonly Candidate[]): MatchedCredentials {
  const credentials = new Map<string, Credential>();
  for (const { credential } of candidates) {
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
 * reverse lexical order and equal keys in the order of their secrets. Keys for `index.docker.io` count for Docker Hub only
 * if no other key of the keyring matches (kubelet: pkg/credentialprovider/keyring.go, `Lookup`).
 */
export function matchCredentials(
  image: Image,
  keyrings: readonly (readonly Credential[])[],
): MatchedCredentials {
  const matched = keyrings.map((keyring) =>
    boundCandidates(chooseCandidates(keyring, image).toSorted(mostSpecificFirst)),
  );
  return {
    credentials: matched.flatMap(({ credentials }) => credentials),
    hasMore: matched.some(({ hasMore }) => hasMore),
  };
}

/** Splits credentials into the kubelet's keyrings, in its order: the Pod's, the node's, and that of the plugins. */
export function splitKeyrings(credentials: readonly Credential[]): readonly (readonly Credential[])[] {
  const { pod = [], node = [], plugins = [] } = Object.groupBy(credentials, ({ keyring = 'pod' }) => keyring);
  return [pod, node, plugins];
}
