import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import type { PodContext } from '../check.ts';
import type { Finding } from '../decision.ts';
import type { Consequence } from '../finding-catalog.ts';
import { isTooOld } from '../handlers/can-run.ts';
import { isShim, type HandlerProfile } from '../handlers/handler-profiles.ts';
import { compareReleases } from '../handlers/handler-release.ts';
import { reportedHandlers } from '../handlers/handlers-for.ts';
import { hasNoObstacle, nodeFeasibility } from '../nodes/node-feasibility.ts';
import { actionOf, consequenceOf } from '../rate-findings.ts';
import { preferenceOf } from './candidates.ts';
import type { Sample } from './sample.ts';
import type { Trial } from './trial.ts';

/** What a trial is scored by. */
type Judged = Pick<Trial, 'resolved' | 'findings'>;

/** A trial with its drawbacks as numbers: lower is better, and the first that differs decides. */
export interface ScoredTrial<One extends Judged = Trial> {
  readonly trial: One;
  readonly drawbacks: readonly number[];
}

/** A node with the handler can start the Pod; a node may; nodes have the handler, but none can start it; no node has it. */
export const NODE_RANKS = { shown: 0, unknown: 1, hindered: 2, none: 3 } as const;

/**
 * Ranks a class by the nodes that can start the Pod. It does not count them: otherwise Pods of one Deployment would get another
 * class whenever a node joins or leaves.
 */
export function nodeRank(context: PodContext, runtimeClass: RuntimeClass | null): number {
  const { isKnown, presence, groups, candidates } = nodeFeasibility(context, runtimeClass, context.settings);
  if (!isKnown) return NODE_RANKS.unknown;
  if (!groups.some(hasNoObstacle)) return candidates.length > 0 ? NODE_RANKS.hindered : NODE_RANKS.none;
  return presence === 'seen' ? NODE_RANKS.shown : NODE_RANKS.unknown;
}

/**
 * Reports whether any node, cordoned or not, reports the handler: a Pod that is created during a drain outlives it, with an
 * immutable class.
 */
function isOnAnyNode({ cluster }: PodContext, { resolved }: Judged): boolean {
  return resolved.class === null || reportedHandlers(cluster).has(resolved.class.handler);
}

/**
 * Scores a trial, in this order. Findings that all trials share cancel out.
 *
 * 1. findings that deny the Pod, then findings of consequence `cannot-start`
 * 2. the operator's order: after certainties, but before doubts, which the operator may be able to resolve
 * 3. findings of consequence `may-not-start`, then nodes, then cordoned nodes
 * 4. findings of consequence `degraded`
 * 5. shims first, if the operator prefers them
 * 6. runtimes that need no annotation to recognize Wasm first
 * 7. no class before any class
 * 8. handlers whose release is too old for an image last
 */
export function scoreTrial<One extends Judged>({ context, countOf }: Sample, trial: One): ScoredTrial<One> {
  const { settings } = context;
  const { class: runtimeClass, profile } = trial.resolved;
  const findings = trial.findings.filter(({ id }) => actionOf(id, settings) !== 'ignore');
  const count = (matches: (finding: Finding) => boolean): number =>
    findings.reduce((sum, finding) => sum + (matches(finding) ? countOf(finding) : 0), 0);
  const countWith = (consequence: Consequence): number =>
    count((finding) => consequenceOf(finding) === consequence);
  const needsAnnotation = profile !== null && profile.needsAnnotation && !profile.annotationArrives;
  const drawbacks = [
    count(({ id }) => actionOf(id, settings) === 'deny'),
    countWith('cannot-start'),
    preferenceOf(context, runtimeClass),
    countWith('may-not-start'),
    nodeRank(context, runtimeClass),
    Number(!isOnAnyNode(context, trial)),
    countWith('degraded'),
    Number(settings.preferShims && profile !== null && !isShim(profile)),
    Number(needsAnnotation),
    Number(runtimeClass !== null),
    Number(profile !== null && context.containers.some(({ verdict }) => isTooOld(profile, verdict))),
  ];
  return { trial, drawbacks };
}

/** Returns a negative number if the left one is better. Newer handlers, then names break ties. */
export function compareTrials(left: ScoredTrial<Judged>, right: ScoredTrial<Judged>): number {
  for (const [index, drawback] of left.drawbacks.entries()) {
    const difference = drawback - (right.drawbacks[index] ?? 0);
    if (difference !== 0) return difference;
  }
  const [one, other] = [left.trial.resolved, right.trial.resolved];
  const byVersion = compareHandlerVersions(one.profile, other.profile);
  if (byVersion !== 0) return byVersion;
  return (one.class?.name ?? '') < (other.class?.name ?? '') ? -1 : 1;
}

/** Ranks current releases first. A handler without a version comes next: AKS mapped `spin` to an old shim, K3s to a current one. */
function releaseRank(profile: HandlerProfile | null): number {
  if (profile === null || profile.release === null) return 1;
  return compareReleases(profile.release, profile.releases.current) < 0 ? 2 : 0;
}

/**
 * Compares handlers that run a Pod equally well, for sorting: current releases first, then handlers whose name has no release,
 * then older releases. Releases of different shims do not compare; these sort by the shim's name, so that class names do not
 * matter. Returns 0 if neither name has a release.
 */
export function compareHandlerVersions(left: HandlerProfile | null, right: HandlerProfile | null): number {
  const difference = releaseRank(left) - releaseRank(right);
  if (difference !== 0 || !left?.release || !right?.release) return difference;
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return compareReleases(right.release, left.release);
}
