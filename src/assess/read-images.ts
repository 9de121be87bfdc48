import type { Scope } from '../detect/open-question.ts';
import type { ImageQuestion } from '../images/image-answer.ts';
import type { ImageCatalog } from '../images/image-catalog.ts';
import { WAIT_BOUNDS, type Patience } from '../images/wait-limits.ts';
import { changedImages } from '../pod/changed-images.ts';
import type { Pod } from '../pod/pod.ts';
import { pullSecretNames, serviceAccountOf } from '../pod/pull-secret-names.ts';
import { visitContainers, type VisitedContainer } from '../pod/visit-containers.ts';
import type { AssessedContainer, ClusterView } from '../policy/facts.ts';
import { assessAnswered, assessSkipped, assessUncounted, assessWithoutRegistry } from './assess-container.ts';
import type { AssessmentRequest } from './assessment.ts';
import type { ServiceAccountsPort } from './ports.ts';
import type { SkipList } from './skip-list.ts';

export interface ReadImagesDeps {
  readonly catalog: ImageCatalog;
  readonly skipList: SkipList;
  readonly serviceAccounts: ServiceAccountsPort;
  /** How long a Pod may wait for images that nothing is known of. */
  readonly patienceFor: (pod: Pod, cluster: ClusterView) => Patience;
}

/** What the containers of one request are. */
export interface PodImages {
  /** At creation all; on UPDATE those whose image is new, followed by what they were before. */
  readonly containers: readonly AssessedContainer[];
  /** How many of them are judged; the rest are what these replace. */
  readonly judged: number;
  /** By position; undefined where no registry is asked. */
  readonly questions: readonly (ImageQuestion | undefined)[];
}

/** Containers to look into, by position, and how much reason there is. */
export type Wanted = ReadonlyMap<number, Scope>;

/** For whom, and for how long. */
export interface Looking extends Pick<AssessmentRequest, 'pod' | 'deadline'> {
  readonly cluster: ClusterView;
}

export interface ReadImages {
  /** Without waiting; null where something must be waited for. */
  readonly recall: (request: AssessmentRequest, cluster: ClusterView) => PodImages | null;
  /** Images that are not known are asked for side by side. */
  readonly read: (request: AssessmentRequest, cluster: ClusterView) => Promise<PodImages>;
  /** The same after a look inside the images of these. */
  readonly lookInside: (images: PodImages, wanted: Wanted, looking: Looking) => Promise<PodImages>;
}

export const IMAGE_LIMITS = {
  /**
   * Containers of one Pod. Kubernetes sets no limit of its own, so that 3 MiB of Pod hold 50,000 of them; judging these would
   * keep everybody else waiting for seconds, for a Pod that hardly any node could start.
   */
  containers: 256,
} as const;

const NO_SECRETS: readonly string[] = [];

/** Names that Secrets can have and no others: what is remembered of an image is kept under them (image-memory.ts). */
export function pullSecretsOf({ spec }: Pod): readonly string[] {
  const secrets = spec.imagePullSecrets;
  if (secrets === undefined || secrets === null || secrets.length === 0) return NO_SECRETS;
  return pullSecretNames(secrets.flatMap(({ name }) => name ?? []));
}

/** The containers to judge, and those that they replace on UPDATE: one that could not run before either is no news. */
interface Visited {
  readonly judged: readonly VisitedContainer[];
  readonly replaced: readonly VisitedContainer[];
}

const NONE: Visited = { judged: [], replaced: [] };

function visit({ pod, previous }: AssessmentRequest): Visited {
  if (previous === undefined) return { judged: visitContainers(pod.spec), replaced: [] };
  const changed = changedImages(previous, pod);
  if (changed === null) return NONE;
  return { judged: visitContainers(changed.after.spec), replaced: visitContainers(changed.before.spec) };
}

/** The first container stands for all: what is not looked at is unknown, which is for the operator to allow or to deny. */
function uncounted({ judged }: Visited): PodImages | null {
  const [first] = judged;
  if (first === undefined || judged.length <= IMAGE_LIMITS.containers) return null;
  return {
    containers: [assessUncounted(first, judged.length, IMAGE_LIMITS.containers)],
    judged: 1,
    questions: [],
  };
}

/** A container that no registry is asked about; null where one is. */
function assessLocally({ skipList }: ReadImagesDeps, visited: VisitedContainer): AssessedContainer | null {
  const own = assessWithoutRegistry(visited);
  if (own !== null) return own;
  const pattern = skipList(visited.container.image ?? '');
  return pattern === null ? null : assessSkipped(visited, pattern);
}

/**
 * A Pod has its account's pull secrets already if it had none of its own: the ServiceAccount plugin runs before every
 * webhook. A template is as its author wrote it.
 */
function needsAccount({ subject, pod }: AssessmentRequest): boolean {
  return subject === 'template' && pullSecretsOf(pod).length === 0;
}

/** Reads what the images of a Pod are: from memory, or else from their registries. */
export function createReadImages(deps: ReadImagesDeps): ReadImages {
  const { catalog, serviceAccounts, patienceFor } = deps;

  /** Assesses what can be at once; the containers that are left have a question and no answer yet. */
  function recallEach(
    { judged, replaced }: Visited,
    { request, cluster }: { readonly request: AssessmentRequest; readonly cluster: ClusterView },
    pullSecrets: readonly string[],
  ): { readonly images: PodImages; readonly open: readonly VisitedContainer[] } {
    const all = replaced.length === 0 ? judged : [...judged, ...replaced];
    const containers: AssessedContainer[] = [];
    const questions: (ImageQuestion | undefined)[] = [];
    const open: VisitedContainer[] = [];
    const { namespace } = request;
    for (const [position, visited] of all.entries()) {
      const local = assessLocally(deps, visited);
      if (local !== null) {
        containers[position] = local;
        continue;
      }
      const image = visited.container.image ?? '';
      const question: ImageQuestion = { image, namespace, pullSecrets, architectures: cluster.architectures };
      questions[position] = question;
      const known = catalog.recall(question);
      if (known !== undefined) containers[position] = assessAnswered(visited, known);
      else open[position] = visited;
    }
    return { images: { containers, judged: judged.length, questions }, open };
  }

  async function secretsOf(request: AssessmentRequest): Promise<readonly string[]> {
    const { pod, namespace, deadline } = request;
    if (!needsAccount(request)) return pullSecretsOf(pod);
    const account = serviceAccountOf(pod);
    return pullSecretNames(await serviceAccounts.pullSecrets(namespace, account, deadline.signal()));
  }

  return {
    recall: (request, cluster) => {
      const visited = visit(request);
      const tooMany = uncounted(visited);
      if (tooMany !== null) return tooMany;
      if (needsAccount(request)) return null;
      const { open, images } = recallEach(visited, { request, cluster }, pullSecretsOf(request.pod));
      return open.length === 0 ? images : null;
    },
    read: async (request, cluster) => {
      const { pod, deadline } = request;
      const visiting = visit(request);
      const tooMany = uncounted(visiting);
      if (tooMany !== null) return tooMany;
      const { open, images } = recallEach(visiting, { request, cluster }, await secretsOf(request));
      const containers = [...images.containers];
      const patience = patienceFor(pod, cluster);
      const asking = open.map(async (visited, position) => {
        const question = images.questions[position];
        if (question === undefined) return;
        const answer = await catalog.ask(question, deadline.signal(), patience);
        containers[position] = assessAnswered(visited, answer);
      });
      await Promise.all(asking);
      return { ...images, containers };
    },
    lookInside: async (images, wanted, request) => {
      if (wanted.size === 0) return images;
      const containers = [...images.containers];
      const whole = request.deadline.signal();
      const isBounded = patienceFor(request.pod, request.cluster) === 'bounded';
      // The look goes on afterwards.
      const short = isBounded
        ? AbortSignal.any([whole, AbortSignal.timeout(WAIT_BOUNDS.shortMilliseconds)])
        : whole;
      const looking = [...wanted].map(async ([position, scope]) => {
        const [assessed, question] = [containers[position], images.questions[position]];
        if (assessed === undefined || question === undefined || assessed.facts === null) return;
        const look = { facts: assessed.facts, override: assessed.container, scope };
        const facts = await catalog.lookInside(question, look, scope === 'small' ? short : whole);
        const { stale = null, knownSince = performance.now() } = assessed;
        containers[position] = assessAnswered(assessed, { kind: 'facts', facts, stale, knownSince });
      });
      await Promise.all(looking);
      return { ...images, containers };
    },
  };
}
