import { oncePer } from '../lib/once-per.ts';
import type { RuntimeClass } from '../pod/cluster-objects.ts';
import type { Pod, Quantities } from '../pod/pod.ts';
import { tryParseQuantity } from './resources/quantity.ts';

export interface SelectorConflict {
  readonly key: string;
  readonly pod: string;
  readonly class: string;
}

/** Returns the first key that Pod and class select with different values; the API server rejects such a Pod. */
export function selectorConflict({ spec }: Pod, { nodeSelector }: RuntimeClass): SelectorConflict | null {
  if (nodeSelector === null) return null;
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) return { key, pod: own, class: value };
  }
  return null;
}

/** Cached because a Pod may name tens of thousands of resources and is compared with every class. */
const namesOf = oncePer((quantities: Quantities): readonly string[] => Object.keys(quantities));

function sameQuantities(left: Quantities, right: Quantities): boolean {
  if (namesOf(left).length !== namesOf(right).length) return false;
  return namesOf(left).every((name) => {
    const [a, b] = [left[name], Object.hasOwn(right, name) ? right[name] : undefined];
    if (a === undefined || b === undefined) return false;
    const amount = tryParseQuantity(a);
    return amount !== null && amount === tryParseQuantity(b);
  });
}

/** Reports whether the Pod's overhead differs from its class's; the API server rejects it (RuntimeClass admission, `setOverhead`). */
export function hasOverheadConflict({ spec }: Pod, { overhead }: RuntimeClass): boolean {
  const own = spec.overhead;
  if (own === undefined || own === null) return false;
  return overhead === null ? namesOf(own).length > 0 : !sameQuantities(own, overhead);
}

const SHOWN = {
  /** Overhead has CPU and memory, and perhaps one more resource. */
  resources: 4,
  /** Characters of a name or a quantity. */
  characters: 63,
} as const;

/** Formats an overhead as `{"cpu":"10m","memory":"16Mi"}`, abbreviated if it has many resources. */
export function describeOverhead(overhead: Quantities | null | undefined): string {
  const all = overhead ?? {};
  const shown = namesOf(all).slice(0, SHOWN.resources);
  const short = (text: string): string => text.slice(0, SHOWN.characters);
  const text = JSON.stringify(
    Object.fromEntries(shown.map((name) => [short(name), short(String(all[name]))])),
  );
  return shown.length < namesOf(all).length ? `${text.slice(0, -1)},…}` : text;
}
