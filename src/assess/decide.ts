import { evaluate } from '../policy/evaluate.ts';
import type { AssessedContainer, ClusterView, PodFacts } from '../policy/facts.ts';
import { applyMode } from '../policy/mode.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { AssessmentRequest, DecidedAssessment } from './assessment.ts';
import { createPrecedents } from './precedents.ts';
import type { PodImages } from './read-images.ts';
import type { Circumstances } from './scope.ts';

/** Everything that a decision about one request rests on. */
export interface Question {
  readonly request: AssessmentRequest;
  readonly circumstances: Circumstances;
  readonly images: PodImages;
  readonly cluster: ClusterView;
  readonly hasStaleClasses: boolean;
}

export interface Decide {
  /** As for the last Pod that was like it; undefined where none was. */
  readonly recall: (question: Question) => DecidedAssessment | undefined;
  readonly decide: (question: Question) => DecidedAssessment;
  /** Keeps a decision that stands for the next Pod like this one, unless it rests on classes that the watches do not know. */
  readonly remember: (question: Question, decided: DecidedAssessment) => void;
}

const DECIDE_LIMITS = {
  /**
   * Milliseconds. An image that was known for longer was known before this Pod's admission began: the manifests give the
   * mutating call 5 s and the validating one 3 s.
   */
  justKnown: 10_000,
} as const;

function hasJustKnownWasm(containers: readonly AssessedContainer[]): boolean {
  return containers.some(
    ({ verdict, knownSince }) =>
      verdict.kind === 'wasm' &&
      knownSince !== undefined &&
      performance.now() - knownSince < DECIDE_LIMITS.justKnown,
  );
}

/**
 * Reports whether findings that deny deny this object. A template only gets warnings, unless the operator wants denials; one
 * that a controller wrote always does: a controller that is denied retries forever, and no person sees why.
 */
function isBinding({ subject, isControlled }: AssessmentRequest, policy: PolicySettings): boolean {
  return subject === 'pod' || (policy.refuseTemplates && isControlled !== true);
}

function replacedBy({ containers, judged }: PodImages): ReadonlyMap<string, AssessedContainer> {
  return new Map(containers.slice(judged).map((assessed) => [assessed.container.name, assessed]));
}

function factsOf({ request, circumstances, images, cluster, hasStaleClasses }: Question): PodFacts {
  const { subject, pod, namespace, step, previous } = request;
  const limitRanges = cluster.limitRanges(namespace);
  if (previous !== undefined) {
    const containers = images.containers.slice(0, images.judged);
    // Labels say what a Pod gets at creation.
    const known = { pod, containers, cluster, hasStaleClasses, limitRanges, namespaceLabels: {} };
    return { ...known, isMutated: false, previous: replacedBy(images) };
  }
  const { containers } = images;
  const isMutated = step === 'validate' && subject === 'pod' && circumstances.mode !== 'audit';
  const isJustKnown = isMutated && hasJustKnownWasm(containers);
  const namespaceLabels = circumstances.labels;
  return { pod, containers, isMutated, isJustKnown, namespaceLabels, cluster, hasStaleClasses, limitRanges };
}

/** Decides about Pods, and remembers for those that are like them. */
export function createDecide(policy: PolicySettings): Decide {
  const precedents = createPrecedents();

  function assessmentOf(
    { request, circumstances: { notes } }: Question,
    { containers }: PodFacts,
    { decision, outcome }: Pick<DecidedAssessment, 'decision' | 'outcome'>,
  ): DecidedAssessment {
    return { kind: 'decided', decision, outcome, containers, isBinding: isBinding(request, policy), notes };
  }

  return {
    recall: (question) => {
      const { request, circumstances } = question;
      if (request.previous !== undefined) return undefined;
      const facts = factsOf(question);
      const precedent = precedents.find({ facts, mode: circumstances.mode });
      if (precedent === undefined) return undefined;
      const { decision, outcome } = precedent;
      const { containers } = facts;
      const { notes } = circumstances;
      const binding = isBinding(request, policy);
      return { kind: 'decided', decision, outcome, containers, isBinding: binding, notes, precedent };
    },
    decide: (question) => {
      const facts = factsOf(question);
      const decision = evaluate(facts, policy);
      const outcome = applyMode(decision, question.circumstances.mode, policy);
      return assessmentOf(question, facts, { decision, outcome });
    },
    remember: (question, { decision, outcome }) => {
      const { request, circumstances } = question;
      if (request.previous !== undefined) return;
      precedents.set({ facts: factsOf(question), mode: circumstances.mode }, { decision, outcome });
    },
  };
}
