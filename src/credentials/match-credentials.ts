import type { Reference } from '../image/reference.ts';
import type { Credential } from './credential.ts';
import { matchesServer, parseServerPattern, type ServerPattern } from './server-pattern.ts';

/** Docker Hub's name in references, and the one that `docker login` writes into configs. */
const DOCKER_HUB = 'docker.io';
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

/** The candidates of each source together, sources in the order in which they were given. */
function bySource(candidates: readonly Candidate[]): readonly Candidate[] {
  const groups = Map.groupBy(candidates, (candidate) => candidate.credential.source);
  return [...groups.values()].flatMap((group) => group.toSorted(mostSpecificFirst));
}

/**
 * The credentials to try for an image, in order: sources as given, within one source the most specific key first.
 * Keys for `index.docker.io` count for Docker Hub only where no key names the image more closely, as in the kubelet
 * (pkg/credentialprovider/keyring.go, `Lookup`).
 */
export function matchCredentials(
  reference: Pick<Reference, 'registry' | 'repository'>,
  credentials: readonly Credential[],
): readonly Credential[] {
  const candidates = credentials.flatMap((credential) => {
    const pattern = parseServerPattern(credential.server);
    return pattern === null ? [] : [{ credential, pattern }];
  });
  const matching = candidates.filter(({ pattern }) =>
    matchesServer(pattern, reference.registry, reference.repository),
  );
  const isHub = reference.registry === DOCKER_HUB;
  const chosen =
    matching.length === 0 && isHub
      ? candidates.filter(({ pattern }) => pattern.key === DOCKER_HUB_KEY)
      : matching;
  return bySource(chosen).map(({ credential }) => credential);
}
