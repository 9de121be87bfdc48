import { DOCKER_HUB, type Reference } from '../image/reference.ts';
import type { Credential } from './credential.ts';
import { matchesServer, parseServerPattern, type ServerPattern } from './server-pattern.ts';

/** Docker Hub's name as `docker login` writes it into configs. */
const DOCKER_HUB_KEY = 'index.docker.io';

interface Candidate {
  readonly credential: Credential;
  readonly pattern: ServerPattern;
}

/** By code unit, backwards, as the kubelet sorts: a longer path before its prefix, a spelt-out host before a glob. */
function mostSpecificFirst(left: Candidate, right: Candidate): number {
  if (left.pattern.key === right.pattern.key) return 0;
  return left.pattern.key < right.pattern.key ? 1 : -1;
}

type Image = Pick<Reference, 'registry' | 'repository'>;

/** What one source has for the image: keys that match it, or else, for Docker Hub, the key of `docker login`. */
function chooseCandidates(candidates: readonly Candidate[], image: Image): readonly Candidate[] {
  const matching = candidates.filter(({ pattern }) =>
    matchesServer(pattern, image.registry, image.repository),
  );
  return matching.length === 0 && image.registry === DOCKER_HUB
    ? candidates.filter(({ pattern }) => pattern.key === DOCKER_HUB_KEY)
    : matching;
}

/**
 * The credentials to try for an image, in order: sources as given, within one source the most specific key first.
 * Keys for `index.docker.io` count for Docker Hub only where no other key of their source names the image more closely,
 * as in the kubelet (pkg/credentialprovider/keyring.go, `Lookup`, which asks one keyring after the other).
 */
export function matchCredentials(image: Image, credentials: readonly Credential[]): readonly Credential[] {
  const candidates = credentials.flatMap((credential) => {
    const pattern = parseServerPattern(credential.server);
    return pattern === null ? [] : [{ credential, pattern }];
  });
  const groups = Map.groupBy(candidates, ({ credential }) => credential.source);
  return [...groups.values()]
    .flatMap((group) => chooseCandidates(group, image).toSorted(mostSpecificFirst))
    .map(({ credential }) => credential);
}
