import { pinDigests } from './changes/pin-digests.ts';
import { selectKrustletNode } from './changes/select-krustlet-node.ts';
import { krustletChecks } from './checks/index.ts';
import { NO_CLASS, type PolicyContext } from './context.ts';
import type { Decision } from './decision.ts';
import { isWasmContainer, type PodFacts } from './facts.ts';
import { asKrustletFacts } from './krustlet.ts';
import { rateFindings } from './rate-findings.ts';
import type { PolicySettings } from './settings.ts';

/** A Pod for a node that is a krustlet: no runtime, no class, and no resources that anybody would hold it to. */
export function evaluateKrustlet(given: PodFacts, settings: PolicySettings): Decision {
  const facts = asKrustletFacts(given);
  const wasmContainers = facts.containers.filter(isWasmContainer);
  const context: PolicyContext = { ...facts, settings, resolved: NO_CLASS, wasmContainers };
  const found = krustletChecks.flatMap((check) => check(context));
  const findings = rateFindings(found, settings, () => []);
  const changes = [selectKrustletNode, pinDigests].flatMap((mutation) => mutation(context));
  return { findings, changes, runtimeClass: { class: null, origin: 'none' } };
}
