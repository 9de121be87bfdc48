import { oncePer } from '../../lib/once-per.ts';
import type { PodContext } from '../check.ts';
import type { AssessedContainer, ClusterView } from '../facts.ts';
import type { PolicySettings } from '../settings.ts';
import { runsContainer } from './can-run.ts';
import { handlerTable } from './handler-table.ts';

/** Returns the names of handlers that would run this one container, unconditional ones first. */
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

const handlersOf = oncePer(
  (nodes: ClusterView['nodes']): ReadonlySet<string> =>
    new Set(nodes.flatMap(({ handlers }) => handlers ?? [])),
);

/** Returns every handler that a node reports. Cached for each state of the nodes. */
export function reportedHandlers({ nodes }: ClusterView): ReadonlySet<string> {
  return handlersOf(nodes);
}

/** Returns the handlers to suggest: those that would run the container and that a node reports, or if none, all that would. */
export function handlersFor(
  container: AssessedContainer,
  { cluster, settings }: PodContext,
): readonly string[] {
  const running = handlersRunning(container, settings);
  const onNodes = running.filter((name) => reportedHandlers(cluster).has(name));
  return onNodes.length > 0 ? onNodes : running;
}
