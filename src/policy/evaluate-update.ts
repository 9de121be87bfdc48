import { updateChecks } from './checks/index.ts';
import type { PolicyContext } from './context.ts';
import type { Decision } from './decision.ts';
import { isWasmContainer, type PodFacts } from './facts.ts';
import { rateFindings } from './rate-findings.ts';
import { namedClass } from './resolve-class.ts';
import type { PolicySettings } from './settings.ts';

/**
 * A Pod that is there already and whose images change, or which gets an ephemeral container. Its class stands for good, so
 * nothing is chosen and nothing changed.
 */
export function evaluateUpdate(facts: PodFacts, settings: PolicySettings): Decision {
  const resolved = namedClass(facts, settings);
  const wasmContainers = facts.containers.filter(isWasmContainer);
  const context: PolicyContext = { ...facts, settings, resolved, wasmContainers };
  const found = updateChecks.flatMap((check) => check(context));
  const findings = rateFindings(found, settings);
  return { findings, changes: [], runtimeClass: { class: resolved.class, origin: resolved.origin } };
}
