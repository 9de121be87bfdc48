import type { StringMap } from '../pod/pod.ts';
import { evaluate } from '../policy/evaluate.ts';
import type { AssessedContainer, ClusterView } from '../policy/facts.ts';
import { applyMode, type Mode } from '../policy/mode.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { AssessmentRequest, DecidedAssessment } from './assessment.ts';
import { whenKnown, type Eventually } from './eventually.ts';
import type { Gathered } from './gather-facts.ts';
import { createPrecedents } from './precedents.ts';
import { settleDecision } from './settle-decision.ts';

/** What the Pod's namespace decides. */
export interface Circumstances {
  readonly mode: Mode;
  readonly labels: StringMap;
  readonly notes: readonly string[];
}

export interface Question {
  readonly request: AssessmentRequest;
  readonly circumstances: Circumstances;
  readonly cluster: ClusterView;
  readonly hasStaleClasses: boolean;
}

export type Decide = (question: Question, gathered: Gathered) => Eventually<DecidedAssessment>;

const DEFAULTS = {
  /**
   * An image that was known for longer was known before this Pod's admission began: the manifests give the mutating call 5 s and
   * the validating one 3 s.
   */
  justKnownMilliseconds: 10_000,
} as const;

function hasJustKnownWasm(containers: readonly AssessedContainer[]): boolean {
  return containers.some(
    ({ verdict, knownSince }) =>
      verdict.kind === 'wasm' &&
      knownSince !== undefined &&
      performance.now() - knownSince < DEFAULTS.justKnownMilliseconds,
  );
}

/**
 * Whether refusals refuse the object. Those of a template are only told, unless the operator wants otherwise, and whatever he
 * wants where a controller wrote it: a controller that is refused tries again for ever, and tells nobody.
 */
export function isBinding({ subject, isControlled }: AssessmentRequest, policy: PolicySettings): boolean {
  return subject === 'pod' || (policy.refuseTemplates && isControlled !== true);
}

/** Decides about a Pod whose containers are known, as for the last Pod that was like it if there was one. */
export function createDecide(policy: PolicySettings): Decide {
  const precedents = createPrecedents();
  return ({ request, circumstances, cluster, hasStaleClasses }, gathered) => {
    const { subject, pod, namespace, step } = request;
    const { mode, labels, notes } = circumstances;
    const { containers } = gathered;
    const common = { kind: 'decided', isBinding: isBinding(request, policy), notes } as const;
    const isMutated = step === 'validate' && subject === 'pod' && mode !== 'audit';
    const limitRanges = cluster.limitRanges(namespace);
    const state = { cluster, hasStaleClasses, namespaceLabels: labels, limitRanges };
    const isJustKnown = isMutated && hasJustKnownWasm(containers);
    const facts = { pod, containers, isMutated, isJustKnown, ...state };
    const precedent = precedents.find({ facts, mode });
    if (precedent !== undefined) {
      const { decision, outcome } = precedent;
      return { ...common, decision, outcome, containers, precedent };
    }
    const deciding = settleDecision(gathered, policy.peek, (supposed) =>
      evaluate({ ...facts, containers: supposed }, policy),
    );
    return whenKnown(deciding, ({ decision, containers: settled }) => {
      const outcome = applyMode(decision, mode);
      // After a look inside the images, the next Pod like this one starts from better facts.
      if (settled === containers) precedents.set({ facts, mode }, { decision, outcome });
      return { ...common, decision, outcome, containers: settled };
    });
  };
}
