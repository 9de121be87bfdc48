import { LRUCache } from 'lru-cache';
import { evaluate } from '../policy/evaluate.ts';
import type { AssessedContainer, ClusterView, PodFacts } from '../policy/facts.ts';
import { applyMode } from '../policy/mode.ts';
import { exceptionsIn } from '../policy/rate-findings.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { AssessmentRequest, DecidedAssessment } from './assessment.ts';
import { createDecisionCache } from './decision-cache.ts';
import type { PodImages } from './read-images.ts';
import type { NamespaceScope } from './scope.ts';

/** Everything that the decision on one request depends on. */
export interface GatheredFacts {
  readonly request: AssessmentRequest;
  readonly scope: NamespaceScope;
  readonly images: PodImages;
  readonly cluster: ClusterView;
  readonly hasStaleClasses: boolean;
}

export interface Decide {
  /** Returns the decision on the last Pod like this one; undefined if there is none. */
  readonly cached: (gathered: GatheredFacts) => DecidedAssessment | undefined;
  readonly decide: (gathered: GatheredFacts) => DecidedAssessment;
  /** Caches a final decision, unless it uses RuntimeClasses that the watches have not delivered. */
  readonly cache: (gathered: GatheredFacts, decided: DecidedAssessment) => void;
}

/**
 * Milliseconds. An image known for longer was known before this admission began: the manifests give the mutating call 5 s and the
 * validating one 3 s.
 */
const JUST_KNOWN = 10_000;

/** Namespaces whose exceptions are kept, so that patterns are not matched for each Pod. */
const MOST_NAMESPACES = 1000;

function hasJustKnownWasm(containers: readonly AssessedContainer[]): boolean {
  return containers.some(
    ({ verdict, knownSince }) =>
      verdict.kind === 'wasm' && knownSince !== undefined && performance.now() - knownSince < JUST_KNOWN,
  );
}

/**
 * Reports whether findings that deny reject this object. A template only gets warnings unless the operator wants denials. A
 * template that a controller wrote always does: a denied controller retries forever, and no user sees why.
 */
function isBinding({ subject, isControlled }: AssessmentRequest, policy: PolicySettings): boolean {
  return subject === 'pod' || (policy.refuseTemplates && isControlled !== true);
}

function replacedContainers({ containers, newCount }: PodImages): ReadonlyMap<string, AssessedContainer> {
  return new Map(containers.slice(newCount).map((assessed) => [assessed.container.name, assessed]));
}

type Exceptions = NonNullable<PodFacts['exceptions']>;

function factsOf(
  { request, scope, images, cluster, hasStaleClasses }: GatheredFacts,
  exceptions: Exceptions,
): PodFacts {
  const { subject, pod, namespace, step, previous, isRunning = false } = request;
  const limitRanges = cluster.limitRanges(namespace);
  if (previous !== undefined) {
    const containers = images.containers.slice(0, images.newCount);
    // Labels only set what a Pod gets at creation.
    const known = { pod, containers, cluster, hasStaleClasses, limitRanges, exceptions, namespaceLabels: {} };
    return { ...known, isMutated: false, previous: replacedContainers(images) };
  }
  const { containers } = images;
  const isMutated = step === 'validate' && subject === 'pod' && (scope.mode !== 'audit' || isRunning);
  const isJustKnown = isMutated && hasJustKnownWasm(containers);
  const namespaceLabels = scope.labels;
  return {
    pod,
    containers,
    isMutated,
    isJustKnown,
    namespaceLabels,
    cluster,
    hasStaleClasses,
    limitRanges,
    exceptions,
  };
}

/** Creates the functions that decide on Pods by the policy and cache decisions for similar Pods. */
export function createDecide(policy: PolicySettings): Decide {
  const decisions = createDecisionCache();
  const exceptions = new LRUCache<string, Exceptions>({
    max: MOST_NAMESPACES,
    memoMethod: (namespace) => exceptionsIn(namespace, policy),
  });
  const exceptionsOf = ({ request }: GatheredFacts): Exceptions => exceptions.memo(request.namespace);

  return {
    cached: (gathered) => {
      const { request, scope } = gathered;
      if (request.previous !== undefined) return undefined;
      const facts = factsOf(gathered, exceptionsOf(gathered));
      const cachedDecision = decisions.get({ facts, mode: scope.mode });
      if (cachedDecision === undefined) return undefined;
      // Nearly every admission ends here, and spreading an assessment would be slower.
      const { decision, outcome } = cachedDecision;
      const { containers } = facts;
      const { notes } = scope;
      const binding = isBinding(request, policy);
      return { kind: 'decided', decision, outcome, containers, isBinding: binding, notes, cachedDecision };
    },
    decide: (gathered) => {
      const { request, scope } = gathered;
      const { mode, notes } = scope;
      const facts = factsOf(gathered, exceptionsOf(gathered));
      const decision = evaluate(facts, policy);
      const outcome = applyMode(decision, mode, policy);
      const { containers } = facts;
      return { kind: 'decided', decision, outcome, containers, isBinding: isBinding(request, policy), notes };
    },
    cache: (gathered, decided) => {
      if (gathered.request.previous !== undefined) return;
      decisions.set({ facts: factsOf(gathered, exceptionsOf(gathered)), mode: gathered.scope.mode }, decided);
    },
  };
}
