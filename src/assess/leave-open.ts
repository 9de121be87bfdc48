import { isChosenByArchitecture } from '../image/image-facts.ts';
import type { Change, Decision, RatedFinding } from '../policy/decision.ts';
import { evaluate } from '../policy/evaluate.ts';
import { isWasmContainer, type PodFacts } from '../policy/facts.ts';
import { applyMode } from '../policy/mode.ts';
import { exceptionsIn } from '../policy/rate-findings.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { Assessment, AssessmentRequest, AssessPod, DecidedAssessment } from './assessment.ts';
import { variantsOf } from './hypotheses.ts';
import { CLASS_FINDINGS } from './missing-classes.ts';
import type { ClusterFact, ClusterPort, UnreadFactsPort } from './ports.ts';

interface LeaveOpenDeps {
  readonly cluster: Pick<ClusterPort, 'view' | 'namespace'>;
  readonly unread: UnreadFactsPort;
  readonly policy: PolicySettings;
}

/** How a decision depends on one unknown fact. */
interface Dependence {
  readonly isOpen: boolean;
  /** Denials that it could lift. */
  readonly doubtful: readonly RatedFinding[];
}

const INDEPENDENT: Dependence = { isOpen: false, doubtful: [] };

interface Subject {
  readonly request: AssessmentRequest;
  readonly decided: DecidedAssessment;
}

function denialsOf({ findings }: Pick<Decision, 'findings'>): readonly RatedFinding[] {
  return findings.filter(({ action }) => action === 'deny');
}

function keyOf({ id, container }: RatedFinding): string {
  return `${id} ${container ?? ''}`;
}

/** Returns the changes that count: a Pod that exists cannot be changed any more, but may lack what its containers need. */
function changesOf({ changes }: Decision, { isRunning = false }: AssessmentRequest): readonly Change[] {
  return isRunning ? changes.filter(({ isNeed }) => isNeed === true) : changes;
}

/** Returns what a decision comes to, for comparison: warnings do not count. */
function effectOf(decision: Decision, request: AssessmentRequest): string {
  const { runtimeClass } = decision;
  const denials = denialsOf(decision).map(keyOf);
  const made = changesOf(decision, request).map(({ op, path, value }) => [op, path, value]);
  return JSON.stringify([denials, made, runtimeClass.class?.name]);
}

function factsOf({ request, decided }: Subject, { cluster, policy }: LeaveOpenDeps): PodFacts {
  const { pod, namespace, isRunning = false } = request;
  const view = cluster.view();
  return {
    pod,
    containers: decided.containers,
    isMutated: isRunning,
    cluster: view,
    namespaceLabels: cluster.namespace(namespace)?.labels ?? {},
    limitRanges: view.limitRanges(namespace),
    exceptions: exceptionsIn(namespace, policy),
  };
}

/** Decides again for whatever the unknown fact may be, and compares. */
function compareVariants(subject: Subject, fact: ClusterFact, deps: LeaveOpenDeps): Dependence {
  // On UPDATE, the class of the Pod and its resources are given.
  const { request } = subject;
  if (request.previous !== undefined) return INDEPENDENT;
  const facts = factsOf(subject, deps);
  const usual = evaluate(facts, deps.policy);
  const others = variantsOf(facts, fact).map((variant) => evaluate(variant, deps.policy));
  const doubtful = denialsOf(usual).filter((denial) =>
    others.some((other) => !denialsOf(other).some((one) => keyOf(one) === keyOf(denial))),
  );
  return { isOpen: others.some((other) => effectOf(other, request) !== effectOf(usual, request)), doubtful };
}

/** Reports whether a node of another architecture may pull another Wasm file, which needs other resources. */
function hasWasmByArchitecture({ decided }: Subject): boolean {
  return decided.containers.some((assessed) => {
    const { facts } = assessed;
    if (facts === null || !isWasmContainer(assessed) || !isChosenByArchitecture(facts)) return false;
    return facts.offer === undefined || facts.offer.isPartial || facts.offer.platforms.length > 1;
  });
}

/** The mode of the namespace, or a setting, may be any: only what neither changes nor denies anything stays as it is. */
function dependOnLabels(subject: Subject, deps: LeaveOpenDeps): Dependence {
  const { decision } = subject.decided;
  const doubtful = denialsOf(decision);
  if (doubtful.length > 0 || changesOf(decision, subject.request).length > 0)
    return { isOpen: true, doubtful };
  return compareVariants(subject, 'namespaces', deps);
}

function hasUnknownImage({ decided }: Subject): boolean {
  return decided.containers.some(({ verdict, isSkipped }) => verdict.kind === 'unknown' && !isSkipped);
}

/** On UPDATE, new images run under the Pod's class, and no finding says that this class is unknown. */
function runsUnderUnknownClass({ request: { previous, pod } }: Subject): boolean {
  return previous !== undefined && Boolean(pod.spec.runtimeClassName);
}

function dependenceOn(fact: ClusterFact, subject: Subject, deps: LeaveOpenDeps): Dependence {
  const { decision } = subject.decided;
  switch (fact) {
    case 'configuration':
      return { isOpen: true, doubtful: denialsOf(decision) };
    case 'runtime-classes': {
      const doubtful = decision.findings.filter(({ id }) => CLASS_FINDINGS.has(id));
      return { isOpen: doubtful.length > 0 || runsUnderUnknownClass(subject), doubtful };
    }
    case 'namespaces':
      return dependOnLabels(subject, deps);
    case 'nodes': {
      const { isOpen, doubtful } = compareVariants(subject, fact, deps);
      return { isOpen: isOpen || hasWasmByArchitecture(subject), doubtful };
    }
    case 'limit-ranges':
      return compareVariants(subject, fact, deps);
    case 'service-accounts':
    case 'pull-secrets':
      return { isOpen: hasUnknownImage(subject), doubtful: [] };
  }
}

/** Drops findings that only say that a class is not among the known ones, since no class is known. */
function withoutClassFindings(decided: DecidedAssessment): DecidedAssessment {
  const findings = decided.decision.findings.filter(({ id }) => !CLASS_FINDINGS.has(id));
  const decision = { ...decided.decision, findings };
  const { mode, isSilent } = decided.outcome;
  return { ...decided, decision, outcome: applyMode(decision, mode, { warnInAudit: !isSilent }) };
}

function leaveOpen(subject: Subject, deps: LeaveOpenDeps): DecidedAssessment {
  const unread = new Set(deps.unread.about(subject.request).map(({ fact }) => fact));
  const found = [...unread].map((fact) => [fact, dependenceOn(fact, subject, deps)] as const);
  const hangsOn = found.flatMap(([fact, { isOpen }]) => (isOpen ? [fact] : []));
  if (hangsOn.length === 0) return subject.decided;
  // The decision on another Pod of the same shape may depend on other facts.
  const { cachedDecision: _, ...rest } = subject.decided;
  const decided = hangsOn.includes('runtime-classes') ? withoutClassFindings(rest) : rest;
  const keys = new Set(found.flatMap(([, { doubtful }]) => doubtful.map(keyOf)));
  const doubtful = denialsOf(decided.decision).filter((denial) => keys.has(keyOf(denial)));
  return { ...decided, hangsOn, ...(doubtful.length > 0 ? { doubtful } : {}) };
}

/**
 * Assesses Pods of a cluster that is not fully known, as `review` does without the right to list nodes. A fact that could not be
 * read is not one that does not exist, so whatever depends on it stays undecided.
 */
export function leaveUnreadOpen(assess: AssessPod, deps: LeaveOpenDeps): AssessPod {
  return async (request): Promise<Assessment> => {
    await deps.unread.prepare(request.namespace, request.deadline.signal());
    const assessment = await assess(request);
    return assessment.kind === 'skipped' ? assessment : leaveOpen({ request, decided: assessment }, deps);
  };
}
