import type { AdmissionRequest } from '../admission/review.ts';
import type { DecidedAssessment } from '../assess/assessment.ts';
import { isObject, stringOr } from '../lib/json.ts';
import { limitLines } from '../lib/limit-lines.ts';
import type { Logger } from '../lib/logger.ts';
import { metadataText } from '../pod/object-metadata.ts';
import type { Pod } from '../pod/pod.ts';
import { boundLogText } from './log-text.ts';

const LOGGED = ['changed', 'denied', 'would-change', 'would-deny'] as const;
type LoggedOutcome = (typeof LOGGED)[number];

/** Reports whether a decision is logged. A workload that the mode spares is not: each of its Pods gets a line. */
export function isLogged(outcome: string, kind: string): outcome is LoggedOutcome {
  return outcome === 'denied' || (kind === 'Pod' && LOGGED.some((logged) => logged === outcome));
}

/** A decision that changed or denied an object, or would have in mode enforce. */
export interface LoggedDecision {
  readonly request: AdmissionRequest;
  /** The Pod, or that of a workload's template. */
  readonly pod: Pod;
  readonly assessment: DecidedAssessment;
  readonly outcome: LoggedOutcome;
  readonly milliseconds: number;
}

export const DECISION_LOG_LIMITS = {
  /** About as many Pods as the default scheduler binds in a cluster of 5,000 nodes. */
  linesPerSecond: 100,
  /** One namespace's share of it: a tenant must not crowd out the lines of others. */
  linesOfNamespace: 25,
  /** Items of each list. A Pod may have hundreds of containers. */
  items: 16,
} as const;

function shortList(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.slice(0, DECISION_LOG_LIMITS.items))].map(boundLogText);
}

/** Names the object as far as it has a name yet: the API server may still have to generate it. */
function nameOf({ name, object }: AdmissionRequest): object {
  if (name !== '') return { name: boundLogText(name) };
  if (!isObject(object)) return {};
  const fields = ['name', 'generateName'].map((key) => [key, metadataText(object, key)] as const);
  const found = fields.find(([, text]) => text !== '');
  return found === undefined ? {} : { [found[0]]: boundLogText(found[1]) };
}

function ownerOf({ metadata }: Pod): object {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return {};
  return { owner: boundLogText(`${stringOr(owner.kind, '')}/${stringOr(owner.name, '')}`) };
}

/** Returns the fields of a line; manifests/README.md documents them. */
function describeDecision({ request, pod, assessment, outcome, milliseconds }: LoggedDecision): object {
  const { decision, containers } = assessment;
  const { mode, changes: made, withheld } = assessment.outcome;
  const changes = { changed: made, 'would-change': withheld.changes, denied: [], 'would-deny': [] }[outcome];
  const runtimeClass = decision.runtimeClass.class;
  return {
    outcome,
    uid: boundLogText(request.uid),
    kind: boundLogText(request.kind.kind),
    namespace: boundLogText(request.namespace),
    ...nameOf(request),
    ...ownerOf(pod),
    images: shortList(containers.map(({ image }) => image)),
    ...(runtimeClass === null ? {} : { class: boundLogText(runtimeClass.name) }),
    findings: shortList(decision.findings.map(({ id }) => id)),
    ...(changes.length > 0 ? { changes: shortList(changes.map(({ path }) => path)) } : {}),
    mode,
    durationMs: Math.round(milliseconds * 1000) / 1000,
    ...(request.dryRun ? { dryRun: true } : {}),
  };
}

/** Logs decisions within the limits, one line each, after the answer is sent. */
export function createDecisionLog(
  logger: Pick<Logger, 'info' | 'warn'>,
  now?: () => number,
): (decision: LoggedDecision) => void {
  const { linesPerSecond: most, linesOfNamespace: mostOfNamespace } = DECISION_LOG_LIMITS;
  const isWithinLimits = limitLines(
    { most, mostOfNamespace, milliseconds: 1000 },
    (dropped) =>
      setImmediate(() => logger.warn({ dropped }, 'too many decisions to log each; metrics count them all')),
    now,
  );
  return (decision) => {
    // A review with a longer namespace than clusters have was rejected, so the text needs no bound of its own here.
    if (isWithinLimits(decision.request.namespace))
      setImmediate(() => logger.info(describeDecision(decision), `admission ${decision.outcome}`));
  };
}
