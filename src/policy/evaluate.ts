import type { Verdict } from '../detect/verdict.ts';
import { mutations } from './changes/index.ts';
import { pinDigests } from './changes/pin-digests.ts';
import { resourceChanges, type ResourceAnswer, type WasmResources } from './changes/set-resources.ts';
import { checks } from './checks/index.ts';
import type { PolicyContext } from './context.ts';
import type { Change, Decision, Finding, RatedFinding } from './decision.ts';
import { evaluateKrustlet } from './evaluate-krustlet.ts';
import { evaluateUpdate } from './evaluate-update.ts';
import { isWasmContainer, type PodFacts } from './facts.ts';
import { isForKrustlet } from './krustlet.ts';
import { nodeOutlook } from './nodes/node-outlook.ts';
import { actionOf, rateFindings } from './rate-findings.ts';
import { namedClass, resolveClass } from './resolve-class.ts';
import { linuxRequests } from './resources/linux-requests.ts';
import { resourceTier } from './resources/resource-tier.ts';
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

function wasmResources(context: PolicyContext): WasmResources | null {
  const { pod, cluster, settings, resolved } = context;
  if (resolved.class === null) return null;
  const { tier } = resourceTier(context, settings);
  const nodes = nodeOutlook(cluster, resolved.class, pod).candidates;
  const { cpuLimit } = settings.resources;
  return { profile: resolved.profile, settings: { tier, cpuLimit }, nodes };
}

function planResources(context: PolicyContext): ResourceAnswer {
  const { pod, containers, limitRanges, settings } = context;
  const linux = linuxRequests(context, settings);
  return resourceChanges({ pod, containers, limitRanges, wasm: wasmResources(context), linux });
}

function isConsequence({ id }: Finding): boolean {
  return id === 'wasm-image-without-runtime-class';
}

/** A Pod that is refused anyway was left as written on purpose: that its class was not injected is then no news, and no fault. */
function withoutConsequences(findings: readonly RatedFinding[]): readonly RatedFinding[] {
  const isRefusedAnyway = findings.some((finding) => finding.action === 'deny' && !isConsequence(finding));
  return isRefusedAnyway ? findings.filter((finding) => !isConsequence(finding)) : findings;
}

/**
 * Nothing is copied from a class that may have changed since, where that can be found out (assess/confirm-classes.ts): an
 * overhead that is no longer its own gets the Pod refused, in words that help nobody. `/validate` then refuses it in better
 * ones, and whoever made the Pod tries again.
 */
function isChangeable({ resolved, hasStaleClasses }: PolicyContext): boolean {
  return resolved.class !== null && (resolved.origin !== 'chosen' || hasStaleClasses !== true);
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

/** Pods without Wasm are left alone, but for what the operator wants of every Pod. */
function changesOf(context: PolicyContext, resources: ResourceAnswer): readonly Change[] {
  if (context.wasmContainers.length === 0) return [...resources.changes, ...pinDigests(context)];
  return isChangeable(context)
    ? [...mutations.flatMap((mutation) => mutation(context)), ...resources.changes, ...pinDigests(context)]
    : [];
}

/** The decision: a function of plain data. Findings come in the order of the checks, changes in the order of the fields. */
export function evaluate(facts: PodFacts, settings: PolicySettings): Decision {
  if (facts.previous !== undefined) return evaluateUpdate(facts, settings);
  if (isOfNoInterest(facts, settings)) return NOTHING;
  if (isForKrustlet(facts, settings)) return evaluateKrustlet(facts, settings);
  const wasmContainers = facts.containers.filter(isWasmContainer);
  const resolved = wasmContainers.length > 0 ? resolveClass(facts, settings) : namedClass(facts, settings);
  const context: PolicyContext = { ...facts, settings, resolved, wasmContainers };
  const resources = planResources(context);
  const found: readonly Finding[] = [...checks.flatMap((check) => check(context)), ...resources.findings];
  const findings = withoutConsequences(rateFindings(found, settings));
  const changes = changesOf(context, resources);
  return { findings, changes, runtimeClass: { class: resolved.class, origin: resolved.origin } };
}
