import { DOCKER_HUB, type Reference } from '../image/reference.ts';
import { oncePer } from '../lib/once-per.ts';
import { type Credential, type CredentialSecret, KEYRING_LIMITS } from './credential.ts';
import { matchesServer, parseServerPattern, type ServerPattern } from './server-pattern.ts';

export type Image = Pick<Reference, 'registry' | 'repository'>;

/** The credentials to try for an image, in order. */
export interface MatchedCredentials {
  readonly credentials: readonly Credential[];
  /** True if more distinct credentials match than wasmgate tries. */
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
 * Returns the credentials to try for an image, keyring by keyring. Within a keyring, keys are in reverse lexical order and
 * equal keys in the order of their secrets (kubelet: pkg/credentialprovider/keyring.go, `Lookup`).
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

/**
 * Splits credentials into the kubelet's keyrings, in its order: the Pod's, the node's and the plugins'. Cached because a lookup
 * matches the same list several times, and the indexes are keyed by the list of a keyring.
 */
export const splitKeyrings = oncePer(
  (credentials: readonly Credential[]): readonly (readonly Credential[])[] => {
    const {
      pod = [],
      node = [],
      plugins = [],
    } = Object.groupBy(credentials, ({ keyring = 'pod' }) => keyring);
    return [pod, node, plugins];
  },
);

/** Docker Hub's name as `docker login` writes it into configs. */
const DOCKER_HUB_KEY = 'index.docker.io';

interface Candidate {
  readonly credential: Credential;
  readonly pattern: ServerPattern;
}

/** Credentials of equal keys, in the order of their secrets. */
type Groups = ReadonlyMap<string, readonly Candidate[]>;

/** The keys of one keyring, separated so that only keys with a wildcard are compared with each image. */
interface KeyringIndex {
  readonly plain: Groups;
  readonly globs: Groups;
}

/** Parses each key once, as all lookups share a secret's credentials. Null marks a key that matches nothing. */
const patternOf = oncePer(({ server }: Credential): ServerPattern | null => parseServerPattern(server));

function isSame(one: CredentialSecret, other: CredentialSecret): boolean {
  if (one.kind === 'basic')
    return other.kind === 'basic' && one.username === other.username && one.password === other.password;
  return one.kind === other.kind && one.token === other.token;
}

/** Limits a key to the logins that are tried for an image, and one more, which shows that there are more. */
function isWanted({ secret }: Credential, group: readonly Candidate[]): boolean {
  if (group.length > KEYRING_LIMITS.triedForImage) return false;
  return !group.some(({ credential }) => isSame(credential.secret, secret));
}

function createIndex(keyring: readonly Credential[]): KeyringIndex {
  const plain = new Map<string, Candidate[]>();
  const globs = new Map<string, Candidate[]>();
  for (const credential of keyring) {
    const pattern = patternOf(credential);
    if (pattern === null) continue;
    const groups = pattern.isGlob ? globs : plain;
    const group = groups.get(pattern.key);
    if (group === undefined) groups.set(pattern.key, [{ credential, pattern }]);
    else if (isWanted(credential, group)) group.push({ credential, pattern });
  }
  return { plain, globs };
}

const indexOf = oncePer(createIndex);

/** Compares in reverse by code unit, as the kubelet does: a longer path before its prefix, a host name before a glob. */
function backwards(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? 1 : -1;
}

/** Returns each key that consists of the image's host and a prefix of its path. */
function plainKeysFor({ key }: ServerPattern, repository: string): readonly string[] {
  const path = `/${repository}`;
  return Array.from({ length: path.length + 1 }, (_, length) => key + path.slice(0, length));
}

function matchingKeys({ plain, globs }: KeyringIndex, image: Image): readonly string[] {
  const target = parseServerPattern(image.registry);
  if (target === null) return [];
  const named = plainKeysFor(target, image.repository).filter((key) => plain.has(key));
  const matched = [...globs].flatMap(([key, [first]]) =>
    first !== undefined && matchesServer(first.pattern, target, image.repository) ? [key] : [],
  );
  return [...named, ...matched].toSorted(backwards);
}

/**
 * Yields the credentials of one keyring for the image, most specific first. Keys for `index.docker.io` match Docker Hub only
 * if no other key does.
 */
function* candidatesIn(keyring: readonly Credential[], image: Image): Generator<Credential> {
  const index = indexOf(keyring);
  const keys = matchingKeys(index, image);
  const isHubAlone = keys.length === 0 && image.registry === DOCKER_HUB;
  for (const key of isHubAlone ? [DOCKER_HUB_KEY] : keys) {
    const group = index.plain.get(key) ?? index.globs.get(key) ?? [];
    for (const { credential } of group) yield credential;
  }
}
