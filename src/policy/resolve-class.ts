import type { ResolvedClass } from './context.ts';
import type { PodFacts } from './facts.ts';
import { profileOf } from './handlers.ts';
import { selectRuntimeClass } from './select-runtime-class.ts';
import type { PolicySettings } from './settings.ts';

export const NO_CLASS: ResolvedClass = { origin: 'none', class: null, profile: null };

/** The class that the Pod itself names, where it exists. */
export function namedClass({ pod, cluster }: PodFacts): ResolvedClass {
  const name = pod.spec.runtimeClassName;
  const found = name ? cluster.runtimeClass(name) : undefined;
  return found === undefined ? NO_CLASS : { origin: 'pod', class: found, profile: profileOf(found.handler) };
}

/** A Pod that names a class keeps it; one that does not gets one only for the sake of a Wasm container. */
export function resolveClass(facts: PodFacts, hasWasm: boolean, settings: PolicySettings): ResolvedClass {
  if (facts.pod.spec.runtimeClassName) return namedClass(facts);
  const candidate = hasWasm ? selectRuntimeClass(facts, settings) : null;
  return candidate === null
    ? NO_CLASS
    : { origin: 'chosen', class: candidate.class, profile: candidate.profile };
}
