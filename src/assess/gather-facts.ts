import type { Scope } from '../detect/open-question.ts';
import type { Pod } from '../pod/pod.ts';
import { pullSecretNames } from '../pod/pull-secret-names.ts';
import { serviceAccountOf } from '../pod/service-account.ts';
import { countContainers, visitContainers, type VisitedContainer } from '../pod/visit-containers.ts';
import type { AssessedContainer, ClusterView } from '../policy/facts.ts';
import { assessAnswered, assessSkipped, assessUncounted, assessWithoutRegistry } from './assess-container.ts';
import type { AssessmentRequest } from './assessment.ts';
import type { Deadline } from './deadline.ts';
import type { Eventually } from './eventually.ts';
import type { ImageQuestion } from './images/image-answer.ts';
import type { ImageCatalog } from './images/image-catalog.ts';
import type { Patience } from './images/wait-limits.ts';
import type { ServiceAccountsPort } from './ports.ts';
import type { SkipList } from './skip-list.ts';

export interface GatherDeps {
  readonly catalog: ImageCatalog;
  readonly skipList: SkipList;
  readonly serviceAccounts: ServiceAccountsPort;
  /** How long a Pod may wait for images that nothing is known of. */
  readonly patienceFor: (pod: Pod, cluster: ClusterView) => Patience;
}

export interface Gathering extends Pick<AssessmentRequest, 'subject' | 'pod' | 'namespace' | 'deadline'> {
  readonly cluster: ClusterView;
}

export const DEFAULTS = {
  /**
   * Containers of one Pod. Kubernetes sets no limit of its own, so that 3 MiB of Pod hold 50,000 of them; judging these would
   * keep everybody else waiting for seconds, for a Pod that hardly any node could start.
   */
  maxContainers: 256,
  /**
   * That an admission waits for the look into a small image without any sign of Wasm, which goes on afterwards: a registry that
   * answers at all mostly answers within it (images/wait-limits.ts).
   */
  smallLookMilliseconds: 500,
} as const;

const NO_SECRETS: readonly string[] = [];

/** Names that Secrets can have and no others: what is remembered of an image is kept under them (image-memory.ts). */
export function pullSecretsOf({ spec }: Pod): readonly string[] {
  const secrets = spec.imagePullSecrets;
  if (secrets === undefined || secrets === null || secrets.length === 0) return NO_SECRETS;
  return pullSecretNames(secrets.flatMap(({ name }) => name ?? []));
}

/**
 * A Pod has its account's pull secrets already where it had none of its own: the ServiceAccount plugin runs before every
 * webhook. A template is as its author wrote it.
 */
function secretsOfAccount(
  { serviceAccounts }: GatherDeps,
  gathering: Gathering,
): Promise<readonly string[]> | null {
  const { subject, pod, namespace, deadline } = gathering;
  if (subject !== 'template' || pullSecretsOf(pod).length > 0) return null;
  return serviceAccounts.pullSecrets(namespace, serviceAccountOf(pod), deadline.signal());
}

/** What each container is, and the way to know more of some of them. */
export interface Gathered {
  readonly containers: readonly AssessedContainer[];
  /** All of them assessed again, after a look inside the images of these, by position. */
  readonly lookInto: (wanted: ReadonlyMap<number, Scope>) => Promise<readonly AssessedContainer[]>;
}

/** By the position of the container; there is no question about one whose image is not asked for. */
interface AskedContainers {
  readonly containers: readonly AssessedContainer[];
  readonly questions: readonly (ImageQuestion | undefined)[];
}

function lookIntoWith(
  { catalog }: GatherDeps,
  { containers, questions }: AskedContainers,
  { deadline, patience }: { readonly deadline: Deadline; readonly patience: () => Patience },
): Gathered['lookInto'] {
  async function look(assessed: AssessedContainer, position: number, scope: Scope) {
    const question = questions[position];
    if (question === undefined || assessed.facts === null) return assessed;
    const wanted = { facts: assessed.facts, override: assessed.container, scope };
    const signal =
      scope === 'small' && patience() === 'bounded'
        ? AbortSignal.any([deadline.signal(), AbortSignal.timeout(DEFAULTS.smallLookMilliseconds)])
        : deadline.signal();
    const facts = await catalog.lookInside(question, wanted, signal);
    const { stale = null, knownSince = performance.now() } = assessed;
    return assessAnswered(assessed, { kind: 'facts', facts, stale, knownSince });
  }

  return (wanted) =>
    Promise.all(
      containers.map(async (assessed, position) => {
        const scope = wanted.get(position);
        return scope === undefined ? assessed : look(assessed, position, scope);
      }),
    );
}

function gatherWith(
  deps: GatherDeps,
  gathering: Gathering,
  pullSecrets: readonly string[],
): Eventually<Gathered> {
  const { pod, namespace, cluster, deadline } = gathering;
  const containers: AssessedContainer[] = [];
  const questions: ImageQuestion[] = [];
  const open: Promise<void>[] = [];
  let decided: Patience | undefined;
  const patience = (): Patience => (decided ??= deps.patienceFor(pod, cluster));

  function assess(visited: VisitedContainer, position: number): void {
    const own = assessWithoutRegistry(visited);
    if (own !== null) {
      containers[position] = own;
      return;
    }
    const image = visited.container.image ?? '';
    const pattern = deps.skipList(image);
    if (pattern !== null) {
      containers[position] = assessSkipped(visited, pattern);
      return;
    }
    const question: ImageQuestion = { image, namespace, pullSecrets, architectures: cluster.architectures };
    questions[position] = question;
    const known = deps.catalog.recall(question);
    if (known !== undefined) {
      containers[position] = assessAnswered(visited, known);
      return;
    }
    const asked = deps.catalog.ask(question, deadline.signal(), patience());
    open.push(asked.then((answer) => void (containers[position] = assessAnswered(visited, answer))));
  }

  visitContainers(pod.spec).forEach(assess);
  const gathered = {
    containers,
    lookInto: lookIntoWith(deps, { containers, questions }, { deadline, patience }),
  };
  return open.length === 0 ? gathered : Promise.all(open).then(() => gathered);
}

/** The first container stands for all: what is not looked at is unknown, which is for the operator to allow or to refuse. */
function gatherNothing({ spec }: Pod, count: number): Gathered {
  const [first] = visitContainers(spec);
  const containers = first === undefined ? [] : [assessUncounted(first, count, DEFAULTS.maxContainers)];
  return { containers, lookInto: () => Promise.resolve(containers) };
}

/**
 * What each container is. Containers whose images are known are assessed at once, without a timer and without a promise; the
 * rest are asked for side by side.
 */
export function gather(deps: GatherDeps, gathering: Gathering): Eventually<Gathered> {
  const count = countContainers(gathering.pod.spec);
  if (count > DEFAULTS.maxContainers) return gatherNothing(gathering.pod, count);
  const borrowed = secretsOfAccount(deps, gathering);
  if (borrowed === null) return gatherWith(deps, gathering, pullSecretsOf(gathering.pod));
  return borrowed.then((names) => gatherWith(deps, gathering, pullSecretNames(names)));
}

function shifted(wanted: ReadonlyMap<number, Scope>, by: number): ReadonlyMap<number, Scope> {
  return new Map([...wanted].map(([position, scope]) => [position - by, scope]));
}

/** Both as one: those of the second follow those of the first. */
export function together(first: Gathered, second: Gathered): Gathered {
  return {
    containers: [...first.containers, ...second.containers],
    lookInto: async (wanted) => {
      const others = shifted(wanted, first.containers.length);
      const [one, other] = await Promise.all([first.lookInto(wanted), second.lookInto(others)]);
      return [...one, ...other];
    },
  };
}
