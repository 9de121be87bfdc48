import type { ClusterNode } from '../../pod/cluster-objects.ts';
import { tryParseQuantity, UNIT, type Quantity } from './quantity.ts';

/** Where the nodes do not tell: the most that was measured. */
const UNKNOWN_CORES = 64;

function wholeCores(amount: Quantity): number {
  return Math.max(1, Number(amount / UNIT));
}

/** Cores of the largest node that could take the Pod. */
export function largestNode(nodes: readonly ClusterNode[]): number {
  const capacities = nodes.map(({ cpuCapacity }) =>
    cpuCapacity === null ? null : tryParseQuantity(cpuCapacity),
  );
  const cores = capacities.map((capacity) => (capacity === null ? UNKNOWN_CORES : wholeCores(capacity)));
  return cores.length === 0 ? UNKNOWN_CORES : Math.max(...cores);
}

/**
 * How many threads an engine compiles with inside a container: one for each core, but no more than the CPU limit, rounded
 * down (Rust's `available_parallelism` reads the cgroup's quota; measured).
 */
export function compileThreads(cpuLimit: Quantity | null, nodeCores: number): number {
  return cpuLimit === null ? nodeCores : Math.min(nodeCores, wholeCores(cpuLimit));
}
