import { changedImages } from '../pod/changed-images.ts';
import type { Pod } from '../pod/pod.ts';
import type { Decision } from '../policy/decision.ts';
import { evaluate } from '../policy/evaluate.ts';
import type { AssessedContainer, ClusterView } from '../policy/facts.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { AssessmentRequest } from './assessment.ts';
import { gather, together, type Gathered, type GatherDeps } from './gather-facts.ts';
import { settleDecision } from './settle-decision.ts';

interface UpdateOptions {
  readonly previous: Pod;
  readonly cluster: ClusterView;
  readonly policy: PolicySettings;
}

export interface DecidedContainers {
  readonly decision: Decision;
  readonly containers: readonly AssessedContainer[];
}

/** They say what a Pod gets at creation. */
const NO_LABELS = {};
const NONE: Gathered = { containers: [], lookInto: () => Promise.resolve([]) };

interface Exchange {
  readonly after: Gathered;
  readonly before: Gathered;
}

async function gatherChanges(
  deps: GatherDeps,
  request: AssessmentRequest,
  { previous, cluster }: UpdateOptions,
): Promise<Exchange> {
  const changed = changedImages(previous, request.pod);
  if (changed === null) return { after: NONE, before: NONE };
  const ask = async (pod: Pod): Promise<Gathered> => gather(deps, { ...request, pod, cluster });
  const [after, before] = await Promise.all([ask(changed.after), ask(changed.before)]);
  return { after, before };
}

/**
 * Looks at images that are new and at those that they replace: a container that could not run before either is no news, and
 * everything else of the update is nobody's business here. Where either leaves open what would change the answer, it is looked
 * into as at creation.
 */
export async function decideUpdate(
  deps: GatherDeps,
  request: AssessmentRequest,
  options: UpdateOptions,
): Promise<DecidedContainers> {
  const { pod, namespace } = request;
  const { cluster, policy } = options;
  const { after, before } = await gatherChanges(deps, request, options);
  const count = after.containers.length;
  const limitRanges = cluster.limitRanges(namespace);
  const decide = (known: readonly AssessedContainer[]): Decision => {
    const containers = known.slice(0, count);
    const previous = new Map(known.slice(count).map((assessed) => [assessed.container.name, assessed]));
    const facts = { pod, containers, previous, cluster, namespaceLabels: NO_LABELS, limitRanges };
    return evaluate({ ...facts, isMutated: false }, policy);
  };
  const settled = await settleDecision(together(after, before), policy.peek, decide);
  return { decision: settled.decision, containers: settled.containers.slice(0, count) };
}
