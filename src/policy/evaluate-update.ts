import { updateChecks } from './checks/index.ts';
import { namedClass } from './choose/choose-class.ts';
import type { PolicyContext } from './context.ts';
import type { Decision } from './decision.ts';
import { isWasmContainer, type PodFacts } from './facts.ts';
import { rateFindings } from './rate-findings.ts';
import type { PolicySettings } from './settings.ts';

/**
 * A Pod that is there already and whose images change, or which gets an ephemeral container. Its class stands for good, so
 * nothing is chosen and nothing changed.
 */
export function evaluateUpdate(facts: PodFacts, settings: PolicySettings): Decision {
  const pod = { ...facts, settings, wasmContainers: facts.containers.filter(isWasmContainer) };
  const resolved = namedClass(pod);
  const context: PolicyContext = { ...pod, resolved };
  const found = updateChecks.flatMap((check) => check(context));
  const findings = rateFindings(found, settings, () => []);
  return { findings, changes: [], runtimeClass: { class: resolved.class, origin: resolved.origin } };
}
