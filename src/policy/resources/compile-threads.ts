import { oncePer } from '../../lib/once-per.ts';
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import { tryParseQuantity, UNIT, type Quantity } from './quantity.ts';

/** Where the nodes do not tell: the most that was measured. */
const UNKNOWN_CORES = 64;

function wholeCores(amount: Quantity): number {
  return Math.max(1, Number(amount / UNIT));
}

function countLargest(nodes: readonly ClusterNode[]): number {
  let largest = 0;
  for (const { cpuCapacity } of nodes) {
    const capacity = cpuCapacity === null ? null : tryParseQuantity(cpuCapacity);
    largest = Math.max(largest, capacity === null ? UNKNOWN_CORES : wholeCores(capacity));
  }
  return largest === 0 ? UNKNOWN_CORES : largest;
}

/**
 * Returns the cores of the largest node that could take the Pod. Counts each list once: a Pod has up to 256 containers, and the
 * node outlook answers with the same list until the cluster changes.
 */
export const largestNode = oncePer(countLargest);

/**
 * How many threads an engine compiles with inside a container: one for each core, but no more than the CPU limit, rounded
 * down (Rust's `available_parallelism` reads the cgroup's quota; measured).
 */
export function compileThreads(cpuLimit: Quantity | null, nodeCores: number): number {
  return cpuLimit === null ? nodeCores : Math.min(nodeCores, wholeCores(cpuLimit));
}
