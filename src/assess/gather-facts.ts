import type { Pod } from '../pod/pod.ts';
import { visitContainers, type VisitedContainer } from '../pod/visit-containers.ts';
import type { AssessedContainer, ClusterView } from '../policy/facts.ts';
import type { Deadline } from './deadline.ts';
import type { ImageCatalog, ImageQuestion } from './image-catalog.ts';
import { judgeAnswer, judgeSkipped, judgeWithoutRegistry } from './judge-container.ts';
import type { SkipList } from './skip-list.ts';

interface GatherDeps {
  readonly catalog: ImageCatalog;
  readonly skipList: SkipList;
}

export interface Gathering {
  readonly pod: Pod;
  readonly namespace: string;
  readonly cluster: ClusterView;
  readonly deadline: Deadline;
}

const NO_SECRETS: readonly string[] = [];

function pullSecretsOf({ spec }: Pod): readonly string[] {
  const secrets = spec.imagePullSecrets;
  if (secrets === undefined || secrets === null || secrets.length === 0) return NO_SECRETS;
  return secrets.flatMap(({ name }) => (name === undefined || name === '' ? [] : name));
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
  const pullSecrets = pullSecretsOf(pod);
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
