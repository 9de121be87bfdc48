import { namesWasmFile } from '../detect/effective-command.ts';
import type { RuntimeClass } from '../pod/cluster-objects.ts';
import { hasOverheadConflict, selectorConflict } from './class-conflicts.ts';
import type { PolicyContext } from './context.ts';
import type { AssessedContainer, ClusterView, PodFacts } from './facts.ts';
import { canRun, profileOf, type HandlerProfile, type Runs } from './handlers.ts';
import { nodeOutlook, type HandlerPresence } from './node-outlook.ts';
import type { PolicySettings } from './settings.ts';
import { takesSpinCommand } from './spin-command.ts';

/** A class with what its handler makes of the Pod's containers. */
export interface Candidate {
  readonly class: RuntimeClass;
  readonly profile: HandlerProfile;
  readonly isConditional: boolean;
}

const PRESENCE_RANK: Readonly<Record<HandlerPresence, number>> = {
  seen: 0,
  unknown: 1,
  elsewhere: 2,
  nowhere: 2,
};

/** Not chosen without one of these signs that a plain engine would take it for Wasm, whatever its platform claims. */
function isStartable({ verdict }: AssessedContainer): boolean {
  if (verdict.kind !== 'wasm' || verdict.packaging === 'oci-layer' || takesSpinCommand(verdict)) return true;
  return verdict.firstArgument !== null && namesWasmFile(verdict.firstArgument);
}

/** A sidecar that is not known, or is no workload at all, is taken for what most sidecars are. */
const AS_CONTAINER = { kind: 'container', evidence: [] } as const;

/** What a handler makes of one container of the Pod. */
export function runs(profile: HandlerProfile, { verdict }: AssessedContainer): Runs {
  const isOpen = verdict.kind === 'unknown' || verdict.kind === 'not-a-workload';
  return canRun(profile, isOpen ? AS_CONTAINER : verdict);
}

/** Every container must run: `yes` or, given what we inject, `conditional`. In doubt a class is not chosen. */
function candidateOf(runtimeClass: RuntimeClass, containers: readonly AssessedContainer[]): Candidate | null {
  const profile = profileOf(runtimeClass.handler);
  if (profile === null) return null;
  let isConditional = false;
  for (const container of containers) {
    if (!isStartable(container)) return null;
    const outcome = runs(profile, container).runs;
    if (outcome === 'no' || outcome === 'unknown') return null;
    isConditional ||= outcome === 'conditional';
  }
  return { class: runtimeClass, profile, isConditional };
}

/** Position in the operator's list, by class name or by handler; behind the list where it is not in it. */
function preference({ preferRuntimeClasses }: PolicySettings, { name, handler }: RuntimeClass): number {
  const byName = preferRuntimeClasses.indexOf(name);
  const position = byName >= 0 ? byName : preferRuntimeClasses.indexOf(handler);
  return position >= 0 ? position : preferRuntimeClasses.length;
}

/** Whether an annotation reaches crun cannot be seen from here: it is chosen where somebody vouches for it. */
export function isVouchedFor(candidate: Candidate, view: ClusterView, settings: PolicySettings): boolean {
  if (!candidate.isConditional || !candidate.profile.needsAnnotation) return true;
  return (
    preference(settings, candidate.class) < settings.preferRuntimeClasses.length ||
    nodeOutlook(view, candidate.class).presence === 'seen'
  );
}

function order(view: ClusterView, settings: PolicySettings): (left: Candidate, right: Candidate) => number {
  return (left, right) =>
    preference(settings, left.class) - preference(settings, right.class) ||
    PRESENCE_RANK[nodeOutlook(view, left.class).presence] -
      PRESENCE_RANK[nodeOutlook(view, right.class).presence] ||
    Number(left.isConditional) - Number(right.isConditional) ||
    (left.class.name < right.class.name ? -1 : 1);
}

/** Classes whose handler runs all containers, best first: operator's list, nodes, unconditional ones, name. */
export function capableClasses(
  view: ClusterView,
  containers: readonly AssessedContainer[],
  settings: PolicySettings,
): readonly Candidate[] {
  const found = view.runtimeClasses.flatMap((runtimeClass) => candidateOf(runtimeClass, containers) ?? []);
  return found.length < 2 ? found : found.toSorted(order(view, settings));
}

/**
 * The class to inject: the best one that conflicts with nothing in the Pod; null where there is none. An injected class
 * must never be worse than none.
 */
export function selectRuntimeClass(
  { pod, containers, cluster }: PodFacts,
  settings: PolicySettings,
): Candidate | null {
  const fits = (candidate: Candidate): boolean =>
    isVouchedFor(candidate, cluster, settings) &&
    selectorConflict(pod, candidate.class) === null &&
    !hasOverheadConflict(pod, candidate.class);
  return capableClasses(cluster, containers, settings).find(fits) ?? null;
}

/**
 * The classes whose own fields may contradict the Pod's: the one it names, or, where none could be chosen, those that would
 * run it.
 */
export function classesInTheWay({
  resolved,
  cluster,
  containers,
  settings,
  wasmContainers,
}: PolicyContext): readonly RuntimeClass[] {
  if (resolved.class !== null) return resolved.origin === 'pod' ? [resolved.class] : [];
  return wasmContainers.length === 0
    ? []
    : capableClasses(cluster, containers, settings).map((candidate) => candidate.class);
}
