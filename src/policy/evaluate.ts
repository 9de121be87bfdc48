import type { Verdict } from '../detect/verdict.ts';
import { mutations } from './changes/index.ts';
import { pinDigests } from './changes/pin-digests.ts';
import { selectKrustletNode } from './changes/select-krustlet-node.ts';
import { NO_CLASS, type Check, type ChoiceContext, type PodContext, type PolicyContext } from './check.ts';
import { choiceChecks, krustletChecks, podChecks, updateChecks } from './checks/index.ts';
import { alternativeClasses, chooseClass, namedClass, type Choice } from './choose/choose-class.ts';
import type { Change, Decision, RatedFinding } from './decision.ts';
import { isWasmContainer, type PodFacts } from './facts.ts';
import { asKrustletFacts, isForKrustlet } from './krustlet.ts';
import { actionOf, rateFindings } from './rate-findings.ts';
import { linuxRequests } from './resources/desired-values.ts';
import type { PolicySettings } from './settings.ts';

const NOTHING: Decision = { findings: [], changes: [], runtimeClass: { class: null, origin: 'none' } };

/** Reports whether reading the layers showed nothing worth a finding. */
function isOrdinary(verdict: Verdict): boolean {
  return verdict.kind === 'container' && verdict.claimsWasm !== true && verdict.program !== 'absent';
}

/** Reports whether the Pod names no class and has ordinary images only: by far the most frequent case. */
function isPlain({ pod, containers }: PodFacts): boolean {
  return (
    !pod.spec.runtimeClassName &&
    containers.every(({ verdict, facts }) => isOrdinary(verdict) && facts?.pull.ok === true)
  );
}

/** Reports whether no rule and no mutation can apply: the Pod is plain, and no setting concerns Linux Pods. */
function needsNoEvaluation(facts: PodFacts, settings: PolicySettings): boolean {
  return (
    isPlain(facts) &&
    settings.pinDigests !== 'all' &&
    actionOf('runtime-class-required', settings) === 'ignore' &&
    linuxRequests(facts, settings) === null
  );
}

function isMissingClass({ id }: RatedFinding): boolean {
  return id === 'wasm-image-without-runtime-class';
}

/** Drops that finding from a Pod that is denied for another reason: `/mutate` leaves such a Pod as written on purpose. */
function withoutConsequences(findings: readonly RatedFinding[]): readonly RatedFinding[] {
  const isDeniedAnyway = findings.some((finding) => finding.action === 'deny' && !isMissingClass(finding));
  return isDeniedAnyway ? findings.filter((finding) => !isMissingClass(finding)) : findings;
}

/**
 * Reports whether the class may be copied into the Pod: not if the class may have changed, because the API server rejects a Pod
 * whose overhead differs from its class's. `/validate` then denies the Pod and asks the user to apply it again.
 */
function isChangeable({ resolved, hasStaleClasses }: ChoiceContext): boolean {
  if (resolved.class === null) return resolved.profile !== null;
  return resolved.origin !== 'chosen' || hasStaleClasses !== true;
}

/** Returns the changes. Pods without Wasm get only those that the operator wants for every Pod. */
function changesOf(context: ChoiceContext, { trial }: Choice): readonly Change[] {
  const changes = trial.resources.changes();
  if (context.wasmContainers.length === 0) return [...changes, ...pinDigests(context)];
  if (!isChangeable(context)) return [];
  return [...mutations.flatMap((mutation) => mutation(context)), ...changes, ...pinDigests(context)];
}

function podContext(facts: PodFacts, settings: PolicySettings): PodContext {
  return { ...facts, settings, wasmContainers: facts.containers.filter(isWasmContainer) };
}

function evaluateWith(context: PolicyContext, checks: readonly Check<PolicyContext>[]): Decision {
  const { resolved } = context;
  const found = checks.flatMap((check) => check(context));
  return {
    findings: rateFindings(found, context, () => []),
    changes: [],
    runtimeClass: { class: resolved.class, origin: resolved.origin },
  };
}

/** Judges new images and ephemeral containers of an existing Pod. Its class is immutable, so this chooses and changes nothing. */
function evaluateUpdate(facts: PodFacts, settings: PolicySettings): Decision {
  const pod = podContext(facts, settings);
  return evaluateWith({ ...pod, resolved: namedClass(pod) }, updateChecks);
}

/** Judges a Pod for a krustlet, which has no runtime, no class and no enforced resources. */
function evaluateKrustlet(facts: PodFacts, settings: PolicySettings): Decision {
  const context = { ...podContext(asKrustletFacts(facts), settings), resolved: NO_CLASS };
  const changes = [selectKrustletNode, pinDigests].flatMap((mutation) => mutation(context));
  return { ...evaluateWith(context, krustletChecks), changes };
}

/**
 * Returns the decision on a Pod. Pure. The Pod is judged with exactly one class: the one that it names, or the one with the fewest
 * problems. The problems that remain are the findings.
 */
export function evaluate(facts: PodFacts, settings: PolicySettings): Decision {
  if (facts.previous !== undefined) return evaluateUpdate(facts, settings);
  if (needsNoEvaluation(facts, settings)) return NOTHING;
  if (isForKrustlet(facts, settings)) return evaluateKrustlet(facts, settings);
  const pod = podContext(facts, settings);
  const choice = chooseClass(pod);
  const { resolved, isRunnable } = choice;
  const context: ChoiceContext = { ...pod, resolved, isRunnable };
  const found = [
    ...podChecks.flatMap((check) => check(pod)),
    ...choice.trial.findings,
    ...choiceChecks.flatMap((check) => check(context)),
  ];
  const alternatives = () => alternativeClasses(pod, choice.trial.resolved.class);
  const findings = withoutConsequences(rateFindings(found, context, alternatives));
  const runtimeClass = { class: resolved.class, origin: resolved.origin };
  return { findings, changes: changesOf(context, choice), runtimeClass };
}
