import { DOCKER_HUB, type Reference } from '../image/reference.ts';
import { oncePer } from '../lib/once-per.ts';
import { type Credential, type CredentialSecret, KEYRING_LIMITS } from './credential.ts';
import { matchesServer, parseServerPattern, type ServerPattern } from './server-pattern.ts';

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

/** Docker Hub's name as `docker login` writes it into configs. */
const DOCKER_HUB_KEY = 'index.docker.io';

interface Candidate {
  readonly credential: Credential;
  readonly pattern: ServerPattern;
}

/** Credentials of equal keys, in the order of their secrets. */
type Groups = ReadonlyMap<string, readonly Candidate[]>;

/** The keys of one keyring, so that only those with a wildcard are held against each image. */
interface KeyringIndex {
  readonly plain: Groups;
  readonly globs: Groups;
}

export type Image = Pick<Reference, 'registry' | 'repository'>;

/** Keys are parsed once: a secret's credentials are the same objects for all look-ups. Null marks one that matches nothing. */
const patternOf = oncePer(({ server }: Credential): ServerPattern | null => parseServerPattern(server));

function isSame(one: CredentialSecret, other: CredentialSecret): boolean {
  if (one.kind === 'basic')
    return other.kind === 'basic' && one.username === other.username && one.password === other.password;
  return one.kind === other.kind && one.token === other.token;
}

/** No more logins of one key than are tried for an image, and one that shows that there are more. */
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

/** A look-up asks several times, with the same list. */
const indexOf = oncePer(createIndex);

/** Sorts by code unit, backwards, as the kubelet does: a longer path before its prefix, a full host name before a glob. */
function backwards(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? 1 : -1;
}

/** Each key that names the image's host and a beginning of its path. */
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
 * Returns what one keyring has for the image, most specific first and equal keys in the order of their secrets. Keys for
 * `index.docker.io` count for Docker Hub only if no other key matches.
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
