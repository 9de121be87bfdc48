import { textOfUnnamed } from '../../pod/pod-shape.ts';
import type { PodContext } from '../check.ts';
import type { Finding } from '../decision.ts';
import { isWasmContainer, type AssessedContainer } from '../facts.ts';
import { isSumBounded } from '../resources/plan-containers.ts';

/** A Pod with one of each set of equal containers, for comparing classes. */
export interface Sample {
  readonly context: PodContext;
  /** Returns how many findings of the whole Pod this finding of the sample stands for. */
  readonly countOf: (finding: Finding) => number;
}

/** Returns a function that numbers objects by identity. */
function createNumbering(): (object: object | null) => number {
  const numbers = new Map<object | null, number>();
  return (object) => {
    const number = numbers.get(object) ?? numbers.size;
    numbers.set(object, number);
    return number;
  };
}

function groupEqual(containers: readonly AssessedContainer[]): readonly (readonly AssessedContainer[])[] {
  const numberOf = createNumbering();
  const keyOf = ({ kind, verdict, facts, container }: AssessedContainer): string =>
    `${kind} ${numberOf(verdict)} ${numberOf(facts)} ${textOfUnnamed(container)}`;
  return [...Map.groupBy(containers, keyOf).values()];
}

function wholePod(context: PodContext): Sample {
  return { context, countOf: () => 1 };
}

/**
 * Returns the Pod without repetitions of containers that differ in their names only: a class has the same findings for each of
 * them. If the sum of all containers is bounded, what one gets depends on the others, so the sample is the whole Pod.
 */
export function sampleOf(context: PodContext): Sample {
  const { containers } = context;
  if (containers.length < 2 || isSumBounded(context)) return wholePod(context);
  const groups = groupEqual(containers);
  const counts = new Map(groups.map((equal) => [equal[0]?.container.name, equal.length]));
  // The API server rejects a Pod with two containers of one name, but only after it called this webhook.
  if (groups.length === containers.length || counts.size < groups.length) return wholePod(context);
  const sampled = groups.flatMap((equal) => equal[0] ?? []);
  return {
    context: { ...context, containers: sampled, wasmContainers: sampled.filter(isWasmContainer) },
    countOf: ({ container }) => (container === null ? 1 : (counts.get(container) ?? 1)),
  };
}
