import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { NO_CLASS, NO_FINDINGS, type PodContext, type ResolvedClass } from '../check.ts';
import { hasOverheadConflict } from '../class-conflicts.ts';
import type { PodFacts } from '../facts.ts';
import { handlerTable } from '../handlers/handler-table.ts';
import { candidatesFor, type Candidate, preferenceOf } from './candidates.ts';
import { compareTrials, NODE_RANKS, nodeRank, type ScoredTrial, scoreTrial } from './compare-trials.ts';
import { sampleOf, type Sample } from './sample.ts';
import { isBlocked, tryClass, type Trial } from './trial.ts';

const CHOICE_LIMITS = {
  /** Classes tried for one Pod. Clusters have up to a dozen kinds of class. */
  trials: 32,
  /** Classes tried for a Pod with many containers: 8 take ten milliseconds for 256 different ones. */
  fewestTrials: 8,
  /** Containers judged in all trials of one Pod together. */
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

/** Returns the candidates to try: those that the operator prefers, then those with nodes, and always the Pod without a class. */
function boundedCandidates(context: PodContext, most: number): readonly Candidate[] {
  const candidates = candidatesFor(context);
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

/** Tries every class that might run the Pod, and no class. Returns the best first. */
function rankedTrials(sample: Sample, most: number): readonly Trial[] {
  const { context } = sample;
  return boundedCandidates(context, most)
    .map((candidate) => scoreTrial(sample, tryClass(context, resolve(candidate))))
    .toSorted(compareTrials)
    .map(({ trial }) => trial);
}

function isSameScore(one: readonly number[], other: readonly number[]): boolean {
  return one.every((drawback, index) => drawback === other[index]);
}

/**
 * Returns the first of `rankedTrials`, mostly after a single trial. It tries the candidates in the order that they would have
 * without findings: once the findings of one change nothing about its score, no later one can be better.
 */
function bestTrial(sample: Sample, most: number): Trial | undefined {
  const { context } = sample;
  const candidates = boundedCandidates(context, most)
    .map((candidate) => scoreTrial(sample, { resolved: resolve(candidate), findings: NO_FINDINGS }))
    .toSorted(compareTrials);
  let best: ScoredTrial | undefined;
  for (const { trial: untried, drawbacks } of candidates) {
    const scored = scoreTrial(sample, tryClass(context, untried.resolved));
    if (best === undefined || compareTrials(scored, best) < 0) best = scored;
    if (isSameScore(scored.drawbacks, drawbacks)) break;
  }
  return best?.trial;
}

/** Returns the class that the Pod names. */
export function namedClass({ pod, cluster, settings }: PodContext): ResolvedClass {
  const name = pod.spec.runtimeClassName;
  const found = name ? cluster.runtimeClass(name) : undefined;
  if (found === undefined) return NO_CLASS;
  return { origin: 'pod', class: found, profile: handlerTable(settings).profileOf(found.handler) };
}

export interface Choice {
  /** The class that the Pod will have; none if the best one would be worse than none. */
  readonly resolved: ResolvedClass;
  /** The trial of this class, or of the best one if that could not be injected. */
  readonly trial: Trial;
  /** True if any class, or no class, may run all containers of the Pod. */
  readonly isRunnable: boolean;
}

/** Judges the Pod with the class that it names, or with the best one. A Pod without Wasm containers never gets a class. */
export function chooseClass(context: PodContext): Choice {
  if (context.wasmContainers.length === 0 || context.pod.spec.runtimeClassName) {
    const resolved = namedClass(context);
    return { resolved, trial: tryClass(context, resolved), isRunnable: true };
  }
  const sample = sampleOf(context);
  const best = bestTrial(sample, mostTrials(context));
  if (best === undefined)
    return { resolved: NO_CLASS, trial: tryClass(context, NO_CLASS), isRunnable: false };
  const resolved = isBlocked(context, best) ? NO_CLASS : best.resolved;
  const trial = sample.context === context ? best : tryClass(context, best.resolved);
  return { resolved, trial, isRunnable: true };
}

/** Reverts the API server's merge of the class into the Pod. */
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
 * Returns the names of other classes to suggest, best first. Leaves out those that conflict with the Pod or have no node, unless
 * all do. Slow, so called only for messages.
 */
export function alternativeClasses(context: PodContext, except: RuntimeClass | null): readonly string[] {
  const bare = { ...context, ...withoutOwnClass(context) };
  const others = rankedTrials(sampleOf(bare), mostTrials(bare)).filter(
    ({ resolved }) => resolved.class !== null && resolved.class !== except,
  );
  const fitting = others.filter(
    (trial) => !isBlocked(bare, trial) && nodeRank(bare, trial.resolved.class) < NODE_RANKS.none,
  );
  return (fitting.length > 0 ? fitting : others).map(({ resolved }) => resolved.class?.name ?? '');
}
