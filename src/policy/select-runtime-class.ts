import type { ClusterNode, RuntimeClass } from '../pod/cluster-objects.ts';
import { hasOverheadConflict, selectorConflict } from './class-conflicts.ts';
import type { PolicyContext } from './context.ts';
import type { AssessedContainer, PodFacts } from './facts.ts';
import { canRun, hasWasmFile, type HandlerProfile, type Runs } from './handlers/can-run.ts';
import { isShim } from './handlers/handler-profiles.ts';
import { handlerTable } from './handlers/handler-table.ts';
import { nodeOutlook, type HandlerPresence } from './nodes/node-outlook.ts';
import { allTolerations, blockingTaints } from './nodes/taints.ts';
import type { PolicySettings } from './settings.ts';
import { takesSpinCommand } from './spin-command.ts';
import { isForeignTar, leavesForeignTarPacked } from './unpacking.ts';

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

/**
 * Not chosen without one of these signs that a plain engine would take it for Wasm, whatever its platform claims: the bytes
 * themselves where somebody looked, or the name of what is started.
 */
function isStartable({ verdict }: AssessedContainer): boolean {
  if (verdict.kind !== 'wasm' || verdict.packaging === 'oci-layer' || takesSpinCommand(verdict)) return true;
  return hasWasmFile(verdict);
}

/** A sidecar that is not known, or is no workload at all, is taken for what most sidecars are. */
const AS_CONTAINER = { kind: 'container', evidence: [] } as const;

/** What a handler makes of one container of the Pod. */
export function runs(profile: HandlerProfile, { verdict }: AssessedContainer): Runs {
  const isOpen = verdict.kind === 'unknown' || verdict.kind === 'not-a-workload';
  return canRun(profile, isOpen ? AS_CONTAINER : verdict);
}

/** Every container must run: `yes` or, given what we inject, `conditional`. In doubt a class is not chosen. */
function candidateOf(
  runtimeClass: RuntimeClass,
  profile: HandlerProfile | null,
  containers: readonly AssessedContainer[],
): Candidate | null {
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

/** In the operator's list, by name or handler. */
export function isPreferred(runtimeClass: RuntimeClass, settings: PolicySettings): boolean {
  return preference(settings, runtimeClass) < settings.preferRuntimeClasses.length;
}

/** Whether an annotation reaches crun cannot be seen from here: it is chosen where somebody vouches for it. */
export function isVouchedFor(
  candidate: Candidate,
  { cluster, pod }: PodFacts,
  settings: PolicySettings,
): boolean {
  if (!candidate.isConditional || !candidate.profile.needsAnnotation) return true;
  return (
    isPreferred(candidate.class, settings) || nodeOutlook(cluster, candidate.class, pod).presence === 'seen'
  );
}

/** How many of ten such nodes would leave an image of the Pod packed; 0 where it has none that they could. */
function packedTenths(
  { unpacksForeignTar }: HandlerProfile,
  nodes: readonly ClusterNode[],
  containers: readonly AssessedContainer[],
): number {
  if (unpacksForeignTar || nodes.length === 0 || !containers.some(isForeignTar)) return 0;
  return Math.ceil((10 * nodes.filter(leavesForeignTarPacked).length) / nodes.length);
}

/** Nodes that have the handler are of no use to a Pod that none of them takes. */
function isKeptOut(
  { class: runtimeClass }: Candidate,
  facts: PodFacts,
  { nodes, settings }: { readonly nodes: readonly ClusterNode[]; readonly settings: PolicySettings },
): boolean {
  if (nodes.length === 0 || nodes.some(({ taints }) => taints.length === 0)) return false;
  const tolerations = allTolerations(facts, runtimeClass, settings);
  return nodes.every((node) => blockingTaints(node, tolerations).length > 0);
}

/** What speaks against a candidate, the weightiest first. */
function drawbacks(candidate: Candidate, facts: PodFacts, settings: PolicySettings): readonly number[] {
  const { presence, candidates } = nodeOutlook(facts.cluster, candidate.class, facts.pod);
  return [
    preference(settings, candidate.class),
    PRESENCE_RANK[presence],
    Number(isKeptOut(candidate, facts, { nodes: candidates, settings })),
    packedTenths(candidate.profile, candidates, facts.containers),
    settings.preferShims && !isShim(candidate.profile) ? 1 : 0,
    Number(candidate.isConditional),
  ];
}

interface Ranked {
  readonly candidate: Candidate;
  readonly drawbacks: readonly number[];
}

function compareRanked(left: Ranked, right: Ranked): number {
  for (const [index, drawback] of left.drawbacks.entries()) {
    const difference = drawback - (right.drawbacks[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.candidate.class.name < right.candidate.class.name ? -1 : 1;
}

/**
 * Classes whose handler runs all containers, best first: operator's list, nodes that have the handler, nodes whose taints
 * are tolerated, nodes that unpack the images, shims where the operator prefers them, unconditional ones, name.
 */
export function capableClasses(facts: PodFacts, settings: PolicySettings): readonly Candidate[] {
  const { cluster, containers } = facts;
  const { profileOf } = handlerTable(settings);
  const found = cluster.runtimeClasses.flatMap(
    (runtimeClass) => candidateOf(runtimeClass, profileOf(runtimeClass.handler), containers) ?? [],
  );
  if (found.length < 2) return found;
  return found
    .map((candidate) => ({ candidate, drawbacks: drawbacks(candidate, facts, settings) }))
    .toSorted(compareRanked)
    .map(({ candidate }) => candidate);
}

/** The API server would refuse the Pod with this class. */
function isInTheWay({ pod }: PodFacts, runtimeClass: RuntimeClass): boolean {
  return selectorConflict(pod, runtimeClass) !== null || hasOverheadConflict(pod, runtimeClass);
}

/** The Pod before the API server merged the class that it names into it, as it would be with another one. */
function withoutClass({ pod, cluster }: PodFacts): Pick<PodFacts, 'pod'> {
  const { runtimeClassName, nodeSelector, ...spec } = pod.spec;
  const named = runtimeClassName ? cluster.runtimeClass(runtimeClassName) : undefined;
  if (named === undefined) return { pod };
  const own = Object.entries(nodeSelector ?? {}).filter(
    ([key, value]) => named.nodeSelector?.[key] !== value,
  );
  const overhead = hasOverheadConflict(pod, named) ? spec.overhead : null;
  return {
    pod: { ...pod, spec: { ...spec, overhead: overhead ?? null, nodeSelector: Object.fromEntries(own) } },
  };
}

/**
 * Names of classes to name instead, best first: those that contradict nothing in the Pod and whose handler a node may have,
 * where there are such.
 */
export function classesToName(given: PodFacts, settings: PolicySettings): readonly string[] {
  const facts = { ...given, ...withoutClass(given) };
  const capable = capableClasses(facts, settings).map((candidate) => candidate.class);
  const fitting = capable.filter((runtimeClass) => {
    const { presence } = nodeOutlook(facts.cluster, runtimeClass, facts.pod);
    return PRESENCE_RANK[presence] < PRESENCE_RANK.nowhere && !isInTheWay(facts, runtimeClass);
  });
  return (fitting.length > 0 ? fitting : capable).map(({ name }) => name);
}

/**
 * The class to inject: the best one that conflicts with nothing in the Pod; null where there is none. An injected class
 * must never be worse than none.
 */
export function selectRuntimeClass(facts: PodFacts, settings: PolicySettings): Candidate | null {
  const fits = (candidate: Candidate): boolean =>
    isVouchedFor(candidate, facts, settings) && !isInTheWay(facts, candidate.class);
  return capableClasses(facts, settings).find(fits) ?? null;
}

/**
 * The classes whose own fields may contradict the Pod's: the one it names, or, where none could be chosen, those that would
 * run it.
 */
export function classesInTheWay(context: PolicyContext): readonly RuntimeClass[] {
  const { resolved, settings, wasmContainers } = context;
  if (resolved.class !== null) return resolved.origin === 'pod' ? [resolved.class] : [];
  return wasmContainers.length === 0
    ? []
    : capableClasses(context, settings).map((candidate) => candidate.class);
}
