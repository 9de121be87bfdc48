import { changedImages } from '../pod/changed-images.ts';
import type { Pod } from '../pod/pod.ts';
import type { Decision } from '../policy/decision.ts';
import { evaluate } from '../policy/evaluate.ts';
import type { AssessedContainer, ClusterView } from '../policy/facts.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { AssessmentRequest } from './assessment.ts';
import { gatherContainers, type GatherDeps } from './gather-facts.ts';

interface UpdateOptions {
  readonly previous: Pod;
  readonly cluster: ClusterView;
  readonly policy: PolicySettings;
}

export interface JudgedContainers {
  readonly decision: Decision;
  readonly containers: readonly AssessedContainer[];
}

/** They say what a Pod gets at creation. */
const NO_LABELS = {};
const NO_CONTAINERS: readonly AssessedContainer[] = [];

/**
 * Looks at images that are new and at those that they replace: a container that could not run before either is no news, and
 * everything else of the update is nobody's business here.
 */
export async function judgeUpdate(
  deps: GatherDeps,
  request: AssessmentRequest,
  { previous, cluster, policy }: UpdateOptions,
): Promise<JudgedContainers> {
  const { pod, namespace } = request;
  const changed = changedImages(previous, pod);
  const gather = (subject: Pod): Promise<readonly AssessedContainer[]> =>
    gatherContainers(deps, { ...request, pod: subject, cluster });
  const [containers, replaced] =
    changed === null
      ? [NO_CONTAINERS, NO_CONTAINERS]
      : await Promise.all([gather(changed.after), gather(changed.before)]);
  const facts = {
    pod,
    containers,
    previous: new Map(replaced.map((assessed) => [assessed.container.name, assessed])),
    cluster,
    namespaceLabels: NO_LABELS,
    limitRanges: cluster.limitRanges(namespace),
    isMutated: false,
  };
  return { decision: evaluate(facts, policy), containers };
}
