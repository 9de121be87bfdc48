import { compatAnnotation } from './compat-annotation.ts';
import type { PolicyContext } from './context.ts';
import { describeClass } from './describe.ts';
import type { AssessedContainer } from './facts.ts';
import { canRun } from './handlers/can-run.ts';

/**
 * Returns why a container cannot run in an existing Pod, under the class that the Pod was created with; null if it may. Only
 * what is certain counts: unknown images, and images that are no workload by their kind alone, prove nothing.
 */
export function whyCannotRun(
  { pod, resolved }: PolicyContext,
  { verdict }: AssessedContainer,
): string | null {
  const { class: runtimeClass, profile } = resolved;
  if (verdict.kind !== 'wasm' && verdict.kind !== 'container') return null;
  if (runtimeClass === null) {
    const isNamed = Boolean(pod.spec.runtimeClassName);
    return verdict.kind === 'container' || isNamed
      ? null
      : 'this Pod was created without a RuntimeClass, and gets none later';
  }
  if (profile === null) return null;
  const { runs, why } = canRun(profile, verdict);
  if (runs === 'no') return `${describeClass(runtimeClass)} cannot run it: ${profile.title} ${why}`;
  const compat = verdict.kind === 'container' ? compatAnnotation(pod, profile) : null;
  return compat === null ? null : `annotation ${compat.written} would give it to the Wasm engine`;
}
