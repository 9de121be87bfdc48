import type { Pod } from '../pod/pod.ts';
import { visitContainers, type VisitedContainer } from '../pod/visit-containers.ts';
import type { AssessedContainer, ClusterView } from '../policy/facts.ts';
import type { AssessmentRequest } from './assessment.ts';
import type { ImageCatalog, ImageQuestion } from './image-catalog.ts';
import { judgeAnswer, judgeSkipped, judgeWithoutRegistry } from './judge-container.ts';
import type { ServiceAccountsPort } from './ports.ts';
import type { SkipList } from './skip-list.ts';

export interface GatherDeps {
  readonly catalog: ImageCatalog;
  readonly skipList: SkipList;
  /** Absent where there is no cluster to ask. */
  readonly serviceAccounts?: ServiceAccountsPort | undefined;
}

export interface Gathering extends Pick<AssessmentRequest, 'subject' | 'pod' | 'namespace' | 'deadline'> {
  readonly cluster: ClusterView;
}

const NO_SECRETS: readonly string[] = [];

function pullSecretsOf({ spec }: Pod): readonly string[] {
  const secrets = spec.imagePullSecrets;
  if (secrets === undefined || secrets === null || secrets.length === 0) return NO_SECRETS;
  return secrets.flatMap(({ name }) => (name === undefined || name === '' ? [] : name));
}

/** What the API server takes for a Pod that names no account. */
const DEFAULT_ACCOUNT = 'default';

/**
 * A Pod has its account's pull secrets already where it had none of its own: the ServiceAccount plugin runs before every
 * webhook. A template is as its author wrote it.
 */
function secretsOfAccount(
  { serviceAccounts }: GatherDeps,
  gathering: Gathering,
): Promise<readonly string[]> | null {
  const { subject, pod, namespace, deadline } = gathering;
  if (serviceAccounts === undefined || subject !== 'template') return null;
  if (pullSecretsOf(pod).length > 0) return null;
  const account = pod.spec.serviceAccountName ?? '';
  const name = account === '' ? DEFAULT_ACCOUNT : account;
  return serviceAccounts.pullSecrets(namespace, name, deadline.signal());
}

/**
 * What each container is. Containers whose images are known are judged at once and without a timer; the rest are asked
 * for side by side.
 */
export async function gatherContainers(
  deps: GatherDeps,
  gathering: Gathering,
): Promise<readonly AssessedContainer[]> {
  const { pod, namespace, cluster, deadline } = gathering;
  const borrowed = secretsOfAccount(deps, gathering);
  // Pods pay no turn of the event loop for what only templates need.
  const pullSecrets = borrowed === null ? pullSecretsOf(pod) : await borrowed;
  const judged: AssessedContainer[] = [];
  const open: Promise<void>[] = [];

  function judge(visited: VisitedContainer, position: number): void {
    const own = judgeWithoutRegistry(visited);
    if (own !== null) {
      judged[position] = own;
      return;
    }
    const image = visited.container.image ?? '';
    const pattern = deps.skipList(image);
    if (pattern !== null) {
      judged[position] = judgeSkipped(visited, pattern);
      return;
    }
    const question: ImageQuestion = { image, namespace, pullSecrets, architectures: cluster.architectures };
    const known = deps.catalog.recall(question);
    if (known !== undefined) {
      judged[position] = judgeAnswer(visited, known);
      return;
    }
    const asked = deps.catalog.ask(question, deadline.signal());
    open.push(asked.then((answer) => void (judged[position] = judgeAnswer(visited, answer))));
  }

  visitContainers(pod.spec).forEach(judge);
  if (open.length > 0) await Promise.all(open);
  return judged;
}
