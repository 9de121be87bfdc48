import type { ImageCatalog } from '../images/image-catalog.ts';
import type { ImageRequest } from '../images/image-result.ts';
import type { WaitMode } from '../images/lookup-limits.ts';
import { changedImages } from '../pod/changed-images.ts';
import type { Pod } from '../pod/pod.ts';
import { pullSecretNames, serviceAccountOf } from '../pod/pull-secret-names.ts';
import { visitContainers, type VisitedContainer } from '../pod/visit-containers.ts';
import type { AssessedContainer, ClusterView } from '../policy/facts.ts';
import { assessOverLimit, assessResult, assessSkipped, assessWithoutRegistry } from './assess-container.ts';
import type { AssessmentRequest } from './assessment.ts';
import type { ServiceAccountsPort } from './ports.ts';
import type { SkipList } from './skip-list.ts';

export interface ReadImagesDeps {
  readonly catalog: ImageCatalog;
  readonly skipList: SkipList;
  readonly serviceAccounts: ServiceAccountsPort;
  /** Returns how long a Pod may wait for images that are not cached. */
  readonly waitModeFor: (pod: Pod, cluster: ClusterView) => WaitMode;
}

/** The containers of one request, with what their images are. */
export interface PodImages {
  /** At creation all containers; on UPDATE those with a new image, followed by what they replace. */
  readonly containers: readonly AssessedContainer[];
  /** Number of new ones, which are decided on. */
  readonly newCount: number;
  /** By position; undefined for an image that is not looked up. */
  readonly requests: readonly (ImageRequest | undefined)[];
}

export interface ReadImages {
  /** Reads from the cache without waiting; null if something must be looked up. */
  readonly cached: (request: AssessmentRequest, cluster: ClusterView) => PodImages | null;
  /** Looks up images that are not cached, all of them concurrently. */
  readonly read: (request: AssessmentRequest, cluster: ClusterView) => Promise<PodImages>;
}

/**
 * Containers of one Pod. Kubernetes sets no limit of its own, and 3 MiB of Pod hold 50,000 of them. Deciding on so many would
 * delay all other requests for seconds, for a Pod that hardly any node could start.
 */
export const MAX_CONTAINERS = 256;

const NO_SECRETS: readonly string[] = [];

/** Returns only names that a Secret can have: they become part of cache keys (images/image-cache.ts). */
export function pullSecretsOf({ spec }: Pod): readonly string[] {
  const secrets = spec.imagePullSecrets;
  if (secrets === undefined || secrets === null || secrets.length === 0) return NO_SECRETS;
  return pullSecretNames(secrets.flatMap(({ name }) => name ?? []));
}

/** Containers with a new image and, on UPDATE, those that they replace: a problem that existed before is not reported. */
interface Visited {
  readonly added: readonly VisitedContainer[];
  readonly replaced: readonly VisitedContainer[];
}

const NONE: Visited = { added: [], replaced: [] };

function visit({ pod, previous }: AssessmentRequest): Visited {
  if (previous === undefined) return { added: visitContainers(pod.spec), replaced: [] };
  const changed = changedImages(previous, pod);
  if (changed === null) return NONE;
  return { added: visitContainers(changed.after.spec), replaced: visitContainers(changed.before.spec) };
}

/** Represents too many containers by the first one, as unknown, which the operator may allow or deny; null if they fit. */
function overLimit({ added }: Visited): PodImages | null {
  const [first] = added;
  if (first === undefined || added.length <= MAX_CONTAINERS) return null;
  return { containers: [assessOverLimit(first, added.length, MAX_CONTAINERS)], newCount: 1, requests: [] };
}

/** Assesses a container whose image is not looked up; null for any other. */
function assessLocally({ skipList }: ReadImagesDeps, visited: VisitedContainer): AssessedContainer | null {
  const own = assessWithoutRegistry(visited);
  if (own !== null) return own;
  const pattern = skipList(visited.container.image ?? '');
  return pattern === null ? null : assessSkipped(visited, pattern);
}

/**
 * Reports whether the pull secrets of the account apply. A Pod without its own already has those of its account, because the
 * ServiceAccount plugin runs before every webhook. A template does not.
 */
function needsAccount({ subject, pod }: AssessmentRequest): boolean {
  return subject === 'template' && pullSecretsOf(pod).length === 0;
}

/** Reads what the images of a Pod are, from the cache or from their registries. */
export function createReadImages(deps: ReadImagesDeps): ReadImages {
  const { catalog, serviceAccounts, waitModeFor } = deps;

  /** Assesses containers that need no lookup; those in `uncached` have a request, but no result yet. */
  function assessCached(
    { added, replaced }: Visited,
    common: Omit<ImageRequest, 'image'>,
  ): { readonly images: PodImages; readonly uncached: readonly VisitedContainer[] } {
    const all = replaced.length === 0 ? added : [...added, ...replaced];
    const containers: AssessedContainer[] = [];
    const requests: (ImageRequest | undefined)[] = [];
    const uncached: VisitedContainer[] = [];
    const { namespace, pullSecrets, architectures } = common;
    for (const [position, visited] of all.entries()) {
      const local = assessLocally(deps, visited);
      if (local !== null) {
        containers[position] = local;
        continue;
      }
      const image = visited.container.image ?? '';
      const request: ImageRequest = { image, namespace, pullSecrets, architectures };
      requests[position] = request;
      const known = catalog.cached(request);
      if (known === undefined) uncached[position] = visited;
      else containers[position] = assessResult(visited, known);
    }
    return { images: { containers, newCount: added.length, requests }, uncached };
  }

  async function secretsOf(request: AssessmentRequest): Promise<readonly string[]> {
    const { pod, namespace, deadline } = request;
    if (!needsAccount(request)) return pullSecretsOf(pod);
    const account = serviceAccountOf(pod);
    return pullSecretNames(await serviceAccounts.pullSecrets(namespace, account, deadline.signal()));
  }

  return {
    cached: (request, { architectures }) => {
      const visited = visit(request);
      const tooMany = overLimit(visited);
      if (tooMany !== null) return tooMany;
      if (needsAccount(request)) return null;
      const { namespace, pod } = request;
      const common = { namespace, pullSecrets: pullSecretsOf(pod), architectures };
      const { uncached, images } = assessCached(visited, common);
      return uncached.length === 0 ? images : null;
    },
    read: async (request, cluster) => {
      const visited = visit(request);
      const tooMany = overLimit(visited);
      if (tooMany !== null) return tooMany;
      const { namespace, pod, deadline } = request;
      const { architectures } = cluster;
      const common = { namespace, pullSecrets: await secretsOf(request), architectures };
      const { uncached, images } = assessCached(visited, common);
      const containers = [...images.containers];
      const mode = waitModeFor(pod, cluster);
      const lookups = uncached.map(async (container, position) => {
        const imageRequest = images.requests[position];
        if (imageRequest === undefined) return;
        const result = await catalog.lookUp(imageRequest, { signal: deadline.signal(), mode });
        containers[position] = assessResult(container, result);
      });
      await Promise.all(lookups);
      return { ...images, containers };
    },
  };
}
