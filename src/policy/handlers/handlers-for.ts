import { oncePer } from '../../lib/once-per.ts';
import type { PodContext } from '../check.ts';
import type { AssessedContainer, ClusterView } from '../facts.ts';
import type { PolicySettings } from '../settings.ts';
import { runsContainer } from './can-run.ts';
import { handlerTable } from './handler-table.ts';

/** Names of handlers that would run this one container, unconditional ones first. */
function handlersRunning(
  container: AssessedContainer,
  settings: Pick<PolicySettings, 'handlers'>,
): readonly string[] {
  const outcomes = handlerTable(settings).profiles.map((profile) => ({
    name: profile.name,
    outcome: runsContainer(profile, container).runs,
  }));
  return ['yes', 'conditional'].flatMap((wanted) =>
    outcomes.filter(({ name, outcome }) => name !== '' && outcome === wanted).map(({ name }) => name),
  );
}

/** Every handler that some node shows. Computed once for each state of the cluster. */
export const shownHandlers = oncePer(
  ({ nodes }: ClusterView): ReadonlySet<string> => new Set(nodes.flatMap(({ handlers }) => handlers ?? [])),
);

/** The same, where some node shows such a handler only those: nobody should name what no node has. */
export function handlersFor(
  container: AssessedContainer,
  { cluster, settings }: PodContext,
): readonly string[] {
  const running = handlersRunning(container, settings);
  const onNodes = running.filter((name) => shownHandlers(cluster).has(name));
  return onNodes.length > 0 ? onNodes : running;
}
