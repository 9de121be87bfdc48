import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_CLASS, type PodContext, type ResolvedClass } from '../check.ts';
import { hasOverheadConflict } from '../class-conflicts.ts';
import type { PodFacts } from '../facts.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import { candidatesFor, type Candidate, preferenceOf } from './candidates.ts';
import { compareTrials, NODE_RANKS, nodeRank, weigh } from './compare-trials.ts';
import { isBlocked, tryOn, type Trial } from './trial.ts';

const CHOICE_LIMITS = {
  /** Full trials for one Pod. Clusters have a dozen kinds of class. */
  trials: 32,
  /** Trials of a Pod of very many containers: 8 take some tens of milliseconds for 256 containers. */
  fewestTrials: 8,
  /** Containers over all trials of one Pod. */
  judgedContainers: 1024,
} as const;

function isWithoutClass(candidate: Candidate): boolean {
  return candidate.class === null;
}

function resolve({ class: runtimeClass, profile }: Candidate): ResolvedClass {
  return { origin: runtimeClass === null ? 'none' : 'chosen', class: runtimeClass, profile };
}

function mostTrials({ containers }: PodContext): number {
  const { trials, fewestTrials, judgedContainers } = CHOICE_LIMITS;
  return Math.min(trials, Math.max(fewestTrials, Math.floor(judgedContainers / containers.length)));
}

/** The candidates to try on: those that the operator prefers, then those with nodes, and always the Pod without a class. */
function boundCandidates(context: PodContext): readonly Candidate[] {
  const candidates = candidatesFor(context);
  const most = mostTrials(context);
  if (candidates.length <= most) return candidates;
  const without = candidates.filter(isWithoutClass);
  const classes = candidates
    .filter((one) => !isWithoutClass(one))
    .map((candidate) => ({
      candidate,
      preference: preferenceOf(context, candidate.class),
      rank: nodeRank(context, candidate.class),
    }))
    .toSorted((left, right) => left.preference - right.preference || left.rank - right.rank)
    .map(({ candidate }) => candidate);
  return [...classes.slice(0, most - without.length), ...without];
}

/** Tries on every class that might run the Pod, and no class; the best comes first. */
function rankedTrials(context: PodContext): readonly Trial[] {
  const trials = boundCandidates(context).map((candidate) => tryOn(context, resolve(candidate)));
  if (trials.length < 2) return trials;
  return trials
    .map((trial) => weigh(context, trial))
    .toSorted(compareTrials)
    .map(({ trial }) => trial);
}

/** A Pod that names a class is judged with that one; so is one without Wasm, which never gets a class. */
export function namedClass({ pod, cluster, settings }: PodContext): ResolvedClass {
  const name = pod.spec.runtimeClassName;
  const found = name ? cluster.runtimeClass(name) : undefined;
  if (found === undefined) return NO_CLASS;
  return { origin: 'pod', class: found, profile: handlerTable(settings).profileOf(found.handler) };
}

export interface Choice {
  /** What the Pod will have: nothing is injected that would be worse than none. */
  readonly resolved: ResolvedClass;
  /** How the Pod fares with it, or with the best one where that could not be injected. */
  readonly trial: Trial;
  /** Whether any class, or no class, might run all containers of the Pod. */
  readonly isRunnable: boolean;
}

/** Judges the Pod with the class that it names, or with the one that has least against it. */
export function chooseClass(context: PodContext): Choice {
  if (context.wasmContainers.length === 0 || context.pod.spec.runtimeClassName) {
    const resolved = namedClass(context);
    return { resolved, trial: tryOn(context, resolved), isRunnable: true };
  }
  const [best] = rankedTrials(context);
  if (best === undefined) return { resolved: NO_CLASS, trial: tryOn(context, NO_CLASS), isRunnable: false };
  return { resolved: isBlocked(context, best) ? NO_CLASS : best.resolved, trial: best, isRunnable: true };
}

/** The Pod before the API server merged its class into it. */
function withoutOwnClass({ pod, cluster }: PodFacts): Pick<PodFacts, 'pod'> {
  const { runtimeClassName, nodeSelector, ...spec } = pod.spec;
  const named = runtimeClassName ? cluster.runtimeClass(runtimeClassName) : undefined;
  if (named === undefined) return { pod: { ...pod, spec: { ...pod.spec, runtimeClassName: null } } };
  const own = Object.entries(nodeSelector ?? {}).filter(
    ([key, value]) => named.nodeSelector?.[key] !== value,
  );
  const overhead = hasOverheadConflict(pod, named) ? (spec.overhead ?? null) : null;
  return { pod: { ...pod, spec: { ...spec, overhead, nodeSelector: Object.fromEntries(own) } } };
}

/**
 * Names of the classes to name instead, best first: if there are any, those that contradict nothing in the Pod and that some
 * node may start. Computed only where a message names them.
 */
export function alternativeClasses(context: PodContext, besides: RuntimeClass | null): readonly string[] {
  const bare = { ...context, ...withoutOwnClass(context) };
  const others = rankedTrials(bare).filter(
    ({ resolved }) => resolved.class !== null && resolved.class !== besides,
  );
  const fitting = others.filter(
    (trial) => !isBlocked(bare, trial) && nodeRank(bare, trial.resolved.class) < NODE_RANKS.none,
  );
  return (fitting.length > 0 ? fitting : others).map(({ resolved }) => resolved.class?.name ?? '');
}
