import type { Verdict } from '../detect/verdict.ts';
import { mutations } from './changes/index.ts';
import { pinDigests } from './changes/pin-digests.ts';
import { choiceChecks, podChecks } from './checks/index.ts';
import { alternativeClasses, chooseClass, type Choice } from './choose/choose-class.ts';
import type { ChoiceContext, PodContext } from './context.ts';
import type { Change, Decision, RatedFinding } from './decision.ts';
import { evaluateKrustlet } from './evaluate-krustlet.ts';
import { evaluateUpdate } from './evaluate-update.ts';
import { isWasmContainer, type PodFacts } from './facts.ts';
import { isForKrustlet } from './krustlet.ts';
import { actionOf, rateFindings } from './rate-findings.ts';
import { linuxRequests } from './resources/desired-values.ts';
import type { PolicySettings } from './settings.ts';

const NOTHING: Decision = { findings: [], changes: [], runtimeClass: { class: null, origin: 'none' } };

/** Nothing that a look inside showed is worth saying. */
function isOrdinary(verdict: Verdict): boolean {
  return verdict.kind === 'container' && verdict.claimsWasm !== true && verdict.program !== 'absent';
}

/** An ordinary Pod of ordinary images that names no class: the most frequent one by far. */
function isPlain({ pod, containers }: PodFacts): boolean {
  return (
    !pod.spec.runtimeClassName &&
    containers.every(({ verdict, facts }) => isOrdinary(verdict) && facts?.pull.ok === true)
  );
}

/** Where Linux Pods are nobody's business, there is nothing to say of a plain one. */
function isOfNoInterest(facts: PodFacts, settings: PolicySettings): boolean {
  return (
    isPlain(facts) &&
    settings.pinDigests !== 'all' &&
    actionOf('runtime-class-required', settings) === 'ignore' &&
    linuxRequests(facts, settings) === null
  );
}

function isLost({ id }: RatedFinding): boolean {
  return id === 'wasm-image-without-runtime-class';
}

/** A Pod that is denied anyway was left as written on purpose: that its class was not injected is then no fault. */
function withoutConsequences(findings: readonly RatedFinding[]): readonly RatedFinding[] {
  const isDeniedAnyway = findings.some((finding) => finding.action === 'deny' && !isLost(finding));
  return isDeniedAnyway ? findings.filter((finding) => !isLost(finding)) : findings;
}

/**
 * Nothing is copied from a class that may have changed since: the API server denies a Pod whose overhead is not the class's,
 * in words that help nobody. `/validate` then denies it in better ones, and the Pod is applied again.
 */
function isChangeable({ resolved, hasStaleClasses }: ChoiceContext): boolean {
  if (resolved.class === null) return resolved.profile !== null;
  return resolved.origin !== 'chosen' || hasStaleClasses !== true;
}

/** Pods without Wasm stay as they are, except for what the operator wants of every Pod. */
function changesOf(context: ChoiceContext, { trial }: Choice): readonly Change[] {
  const changes = trial.resources.changes();
  if (context.wasmContainers.length === 0) return [...changes, ...pinDigests(context)];
  if (!isChangeable(context)) return [];
  return [...mutations.flatMap((mutation) => mutation(context)), ...changes, ...pinDigests(context)];
}

/**
 * Returns the decision about a Pod: a function of plain data. The Pod is judged with one class and by nothing else: with its
 * own, or with the one that has least against it. What still speaks against that one is what the user hears.
 */
export function evaluate(facts: PodFacts, settings: PolicySettings): Decision {
  if (facts.previous !== undefined) return evaluateUpdate(facts, settings);
  if (isOfNoInterest(facts, settings)) return NOTHING;
  if (isForKrustlet(facts, settings)) return evaluateKrustlet(facts, settings);
  const pod: PodContext = { ...facts, settings, wasmContainers: facts.containers.filter(isWasmContainer) };
  const choice = chooseClass(pod);
  const { resolved, isRunnable } = choice;
  const context: ChoiceContext = { ...pod, resolved, isRunnable };
  const found = [
    ...podChecks.flatMap((check) => check(pod)),
    ...choice.trial.findings,
    ...choiceChecks.flatMap((check) => check(context)),
  ];
  let named: readonly string[] | undefined;
  // Each of up to 256 containers may have an advice that names them.
  const alternatives = (): readonly string[] =>
    (named ??= alternativeClasses(pod, choice.trial.resolved.class));
  const findings = withoutConsequences(rateFindings(found, settings, alternatives));
  const runtimeClass = { class: resolved.class, origin: resolved.origin };
  return { findings, changes: changesOf(context, choice), runtimeClass };
}
