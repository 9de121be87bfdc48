import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import type { PodContext } from '../check.ts';
import type { Consequence } from '../finding-catalog.ts';
import { isTooOld } from '../handlers/can-run.ts';
import { isShim, type HandlerProfile } from '../handlers/handler-profiles.ts';
import { compareReleases } from '../handlers/handler-release.ts';
import { shownHandlers } from '../handlers/handlers-for.ts';
import { nodeAnswers } from '../nodes/node-answers.ts';
import { actionOf, consequenceOf } from '../rate-findings.ts';
import { preferenceOf } from './candidates.ts';
import type { Trial } from './trial.ts';

/** What speaks against a trial, as numbers: less is better, and the first that differs decides. */
export interface Weighed {
  readonly trial: Trial;
  readonly drawbacks: readonly number[];
}

/** Whether a node can start the Pod: one that shows the handler, perhaps one, none though some have the handler, none at all. */
export const NODE_RANKS = { shown: 0, unknown: 1, hindered: 2, none: 3 } as const;

/**
 * Ranks a class by the nodes. It is no count: a count would give the Pods of one Deployment another class whenever a node joins
 * or leaves.
 */
export function nodeRank(context: PodContext, runtimeClass: RuntimeClass | null): number {
  const { isKnown, presence, startable, candidates } = nodeAnswers(context, runtimeClass, context.settings);
  if (!isKnown) return NODE_RANKS.unknown;
  if (startable.length === 0) return candidates.length > 0 ? NODE_RANKS.hindered : NODE_RANKS.none;
  return presence === 'seen' ? NODE_RANKS.shown : NODE_RANKS.unknown;
}

/**
 * Reports whether some node shows the handler, cordoned ones among them: a Pod that is created during a drain outlives it, and
 * its class cannot be changed.
 */
function isOnAnyNode({ cluster }: PodContext, { resolved }: Trial): boolean {
  return resolved.class === null || shownHandlers(cluster).has(resolved.class.handler);
}

/**
 * The order in which trials are compared. Findings that all trials share cancel out.
 *
 * 1. findings that deny the Pod, then findings with which it cannot start
 * 2. the operator's order: it stands above doubts, which the operator may know better, and below certainties
 * 3. findings with which it may not start, then nodes, then cordoned nodes
 * 4. findings with which it loses something
 * 5. shims, where the operator prefers them
 * 6. runtimes that need no annotation to recognize Wasm
 * 7. no class before any class
 * 8. handlers whose names stand for no release that is too old for an image
 */
export function weigh(context: PodContext, trial: Trial): Weighed {
  const { settings } = context;
  const { class: runtimeClass, profile } = trial.resolved;
  const findings = trial.findings.filter(({ id }) => actionOf(id, settings) !== 'ignore');
  const count = (consequence: Consequence): number =>
    findings.filter((finding) => consequenceOf(finding) === consequence).length;
  const needsAnnotation = profile !== null && profile.needsAnnotation && !profile.annotationArrives;
  const drawbacks = [
    findings.filter(({ id }) => actionOf(id, settings) === 'deny').length,
    count('cannot-start'),
    preferenceOf(context, runtimeClass),
    count('may-not-start'),
    nodeRank(context, runtimeClass),
    Number(!isOnAnyNode(context, trial)),
    count('degraded'),
    Number(settings.preferShims && profile !== null && !isShim(profile)),
    Number(needsAnnotation),
    Number(runtimeClass !== null),
    Number(profile !== null && context.containers.some(({ verdict }) => isTooOld(profile, verdict))),
  ];
  return { trial, drawbacks };
}

/** Negative where the left one is better. Newer handlers and names decide where nothing else does. */
export function compareTrials(left: Weighed, right: Weighed): number {
  for (const [index, drawback] of left.drawbacks.entries()) {
    const difference = drawback - (right.drawbacks[index] ?? 0);
    if (difference !== 0) return difference;
  }
  const [one, other] = [left.trial.resolved, right.trial.resolved];
  const byVersion = compareHandlerVersions(one.profile, other.profile);
  if (byVersion !== 0) return byVersion;
  return (one.class?.name ?? '') < (other.class?.name ?? '') ? -1 : 1;
}

/** AKS mapped `spin` to an old shim, K3s maps it to today's: a handler without a version stands between the two. */
function rank(profile: HandlerProfile | null): number {
  if (profile === null || profile.release === null) return 1;
  return compareReleases(profile.release, profile.releases.today) < 0 ? 2 : 0;
}

/**
 * Compares handlers that run a Pod alike, for sorting: newer releases first, a handler that names no release behind those of
 * today and before older ones. Releases of different shims say nothing about each other; they are sorted by the shim, so
 * that the order is the same whatever the classes are called. 0 where neither names a release.
 */
export function compareHandlerVersions(left: HandlerProfile | null, right: HandlerProfile | null): number {
  const difference = rank(left) - rank(right);
  if (difference !== 0 || !left?.release || !right?.release) return difference;
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  return compareReleases(right.release, left.release);
}
