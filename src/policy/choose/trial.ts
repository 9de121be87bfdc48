import type { PodContext, PolicyContext, ResolvedClass } from '../check.ts';
import { classChecks } from '../checks/index.ts';
import { hasOverheadConflict, selectorConflict } from '../class-conflicts.ts';
import { compatAnnotation } from '../compat-annotation.ts';
import type { Finding } from '../decision.ts';
import { nodeFeasibility } from '../nodes/node-feasibility.ts';
import { linuxRequests, resourceTier } from '../resources/desired-values.ts';
import { planResources, type ResourcePlan } from '../resources/plan-resources.ts';

/** A Pod judged with one class: its findings, and the resources that its containers would get. */
export interface Trial {
  readonly resolved: ResolvedClass;
  readonly findings: readonly Finding[];
  readonly resources: ResourcePlan;
}

function planFor(context: PolicyContext): ResourcePlan {
  const { pod, containers, limitRanges, settings, resolved, wasmContainers } = context;
  const linux = linuxRequests(context, settings);
  const hasRuntime = resolved.class !== null || resolved.profile !== null;
  if (!hasRuntime || wasmContainers.length === 0)
    return planResources({ pod, containers, limitRanges, wasm: null, linux });
  const { tier } = resourceTier(context, settings);
  const { cpuLimit } = settings.resources;
  const nodes = nodeFeasibility(context, resolved.class, settings).candidates;
  const wasm = { profile: resolved.profile, settings: { tier, cpuLimit }, nodes };
  return planResources({ pod, containers, limitRanges, wasm, linux });
}

/** Judges the Pod with this class, regardless of others. */
export function tryClass(context: PodContext, resolved: ResolvedClass): Trial {
  const judged: PolicyContext = { ...context, resolved };
  const resources = planFor(judged);
  const found = classChecks.flatMap((check) => check(judged));
  return { resolved, findings: [...found, ...resources.findings], resources };
}

/**
 * Reports whether the API server would reject the Pod with this class, or the class would break one of its containers. wasmgate
 * never injects such a class.
 */
export function isBlocked({ pod, containers }: PodContext, { resolved }: Trial): boolean {
  const { class: runtimeClass, profile } = resolved;
  if (runtimeClass === null) return false;
  if (selectorConflict(pod, runtimeClass) !== null || hasOverheadConflict(pod, runtimeClass)) return true;
  const hasLinux = containers.some(({ verdict }) => verdict.kind === 'container');
  return hasLinux && compatAnnotation(pod, profile) !== null;
}
