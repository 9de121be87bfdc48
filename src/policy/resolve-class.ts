import type { ResolvedClass } from './context.ts';
import type { PodFacts } from './facts.ts';
import { handlerTable } from './handlers/handler-table.ts';
import { selectRuntimeClass } from './select-runtime-class.ts';
import type { PolicySettings } from './settings.ts';

export const NO_CLASS: ResolvedClass = { origin: 'none', class: null, profile: null };

/** The class that the Pod itself names, where it exists. */
export function namedClass({ pod, cluster }: PodFacts, settings: PolicySettings): ResolvedClass {
  const name = pod.spec.runtimeClassName;
  const found = name ? cluster.runtimeClass(name) : undefined;
  if (found === undefined) return NO_CLASS;
  return { origin: 'pod', class: found, profile: handlerTable(settings).profileOf(found.handler) };
}

/** A Pod with Wasm containers keeps the class that it names, and gets one where it names none. */
export function resolveClass(facts: PodFacts, settings: PolicySettings): ResolvedClass {
  if (facts.pod.spec.runtimeClassName) return namedClass(facts, settings);
  const candidate = selectRuntimeClass(facts, settings);
  return candidate === null
    ? NO_CLASS
    : { origin: 'chosen', class: candidate.class, profile: candidate.profile };
}
