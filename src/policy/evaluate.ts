import type { RuntimeClass } from '../pod/cluster-objects.ts';
import { mutations } from './changes/index.ts';
import { resourceChanges, type ResourceAnswer } from './changes/set-resources.ts';
import { checks } from './checks/index.ts';
import type { PolicyContext, ResolvedClass } from './context.ts';
import type { Decision, Finding, JudgedFinding } from './decision.ts';
import type { PodFacts } from './facts.ts';
import { profileOf } from './handlers.ts';
import { nodeOutlook } from './node-outlook.ts';
import { selectRuntimeClass } from './select-runtime-class.ts';
import type { PolicySettings } from './settings.ts';
import { actionOf } from './severity.ts';

const NO_CLASS: ResolvedClass = { origin: 'none', class: null, profile: null };
const NOTHING: Decision = { findings: [], changes: [], runtimeClass: { class: null, origin: 'none' } };

function named(runtimeClass: RuntimeClass): ResolvedClass {
  return { origin: 'pod', class: runtimeClass, profile: profileOf(runtimeClass.handler) };
}

/** A Pod that names a class keeps it; one that does not gets one only for the sake of a Wasm container. */
function resolveClass(facts: PodFacts, hasWasm: boolean, settings: PolicySettings): ResolvedClass {
  const name = facts.pod.spec.runtimeClassName;
  if (name !== undefined && name !== null && name !== '') {
    const found = facts.cluster.runtimeClass(name);
    return found === undefined ? NO_CLASS : named(found);
  }
  const candidate = hasWasm ? selectRuntimeClass(facts, settings) : null;
  return candidate === null
    ? NO_CLASS
    : { origin: 'chosen', class: candidate.class, profile: candidate.profile };
}

/** An ordinary Pod of ordinary images that names no class: the most frequent one by far, and nothing to say of it. */
function isPlain({ pod, containers }: PodFacts): boolean {
  return (
    !pod.spec.runtimeClassName &&
    containers.every(({ verdict, facts }) => verdict.kind === 'container' && facts?.pull.ok === true)
  );
}

const NO_RESOURCES: ResourceAnswer = { changes: [], findings: [] };

/** Reckoned only where a class is known: what a container needs depends on the handler and the nodes that have it. */
function planResources({ pod, containers, cluster, settings, resolved }: PolicyContext): ResourceAnswer {
  if (resolved.class === null) return NO_RESOURCES;
  const nodes = nodeOutlook(cluster, resolved.class).candidates;
  return resourceChanges({ pod, containers, profile: resolved.profile, settings: settings.resources, nodes });
}

function isConsequence({ id }: Finding): boolean {
  return id === 'wasm-image-without-runtime-class';
}

/** A Pod that is refused anyway was left as written on purpose: that its class was not injected is then no news, and no fault. */
function withoutConsequences(findings: readonly JudgedFinding[]): readonly JudgedFinding[] {
  const isRefusedAnyway = findings.some((finding) => finding.action === 'deny' && !isConsequence(finding));
  return isRefusedAnyway ? findings.filter((finding) => !isConsequence(finding)) : findings;
}

/** The decision: a function of plain data. Findings come in the order of the checks, changes in the order of the fields. */
export function evaluate(facts: PodFacts, settings: PolicySettings): Decision {
  if (isPlain(facts)) return NOTHING;
  const wasmContainers = facts.containers.filter(({ verdict }) => verdict.kind === 'wasm');
  const resolved = resolveClass(facts, wasmContainers.length > 0, settings);
  const context: PolicyContext = { ...facts, settings, resolved, wasmContainers };
  const resources = planResources(context);
  const found: readonly Finding[] = [...checks.flatMap((check) => check(context)), ...resources.findings];
  const judged = found.map((finding): JudgedFinding => ({
    ...finding,
    action: actionOf(finding.id, settings),
  }));
  const findings = withoutConsequences(judged);
  const isChangeable = wasmContainers.length > 0 && resolved.class !== null;
  const changes = isChangeable
    ? [...mutations.flatMap((mutation) => mutation(context)), ...resources.changes]
    : [];
  return { findings, changes, runtimeClass: { class: resolved.class, origin: resolved.origin } };
}
