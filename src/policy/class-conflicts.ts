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

/** A Pod may name tens of thousands of resources, and is held against every class. */
const names = new WeakMap<Quantities, readonly string[]>();

function namesOf(quantities: Quantities): readonly string[] {
  const known = names.get(quantities) ?? Object.keys(quantities);
  names.set(quantities, known);
  return known;
}

function sameQuantities(left: Quantities, right: Quantities): boolean {
  if (namesOf(left).length !== namesOf(right).length) return false;
  return namesOf(left).every((name) => {
    const [a, b] = [left[name], Object.hasOwn(right, name) ? right[name] : undefined];
    if (a === undefined || b === undefined) return false;
    const amount = tryParseQuantity(a);
    return amount !== null && amount === tryParseQuantity(b);
  });
}

/** An overhead in the Pod that is not the class's is refused (RuntimeClass admission, `setOverhead`). */
export function hasOverheadConflict({ spec }: Pod, { overhead }: RuntimeClass): boolean {
  const own = spec.overhead;
  if (own === undefined || own === null) return false;
  return overhead === null ? namesOf(own).length > 0 : !sameQuantities(own, overhead);
}

const DEFAULTS = {
  /** Resources in a message: overhead is of CPU and memory, and perhaps of one thing more. */
  shown: 4,
  /** Characters of a name and of a quantity. */
  shownCharacters: 63,
} as const;

/** `{"cpu":"10m","memory":"16Mi"}`, cut if there are many. */
export function describeOverhead(overhead: Quantities | null | undefined): string {
  const all = overhead ?? {};
  const shown = namesOf(all).slice(0, DEFAULTS.shown);
  const short = (text: string): string => text.slice(0, DEFAULTS.shownCharacters);
  const text = JSON.stringify(
    Object.fromEntries(shown.map((name) => [short(name), short(String(all[name]))])),
  );
  return shown.length < namesOf(all).length ? `${text.slice(0, -1)},…}` : text;
}
