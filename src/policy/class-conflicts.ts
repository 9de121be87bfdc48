import type { RuntimeClass } from '../pod/cluster-objects.ts';
import type { Pod, Quantities } from '../pod/pod.ts';
import { tryParseQuantity } from './resources/quantity.ts';

export interface SelectorConflict {
  readonly key: string;
  readonly pod: string;
  readonly class: string;
}

/** The first key that Pod and class select with different values; the API server refuses such a Pod. */
export function selectorConflict({ spec }: Pod, { nodeSelector }: RuntimeClass): SelectorConflict | null {
  if (nodeSelector === null) return null;
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) return { key, pod: own, class: value };
  }
  return null;
}

function sameQuantities(left: Quantities, right: Quantities): boolean {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].every((name) => {
    const [a, b] = [left[name], right[name]];
    if (a === undefined || b === undefined) return false;
    const amount = tryParseQuantity(a);
    return amount !== null && amount === tryParseQuantity(b);
  });
}

/** An overhead in the Pod that is not the class's is refused (RuntimeClass admission, `setOverhead`). */
export function hasOverheadConflict({ spec }: Pod, { overhead }: RuntimeClass): boolean {
  const own = spec.overhead;
  if (own === undefined || own === null) return false;
  return overhead === null ? Object.keys(own).length > 0 : !sameQuantities(own, overhead);
}
