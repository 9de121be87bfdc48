import type { Packaging } from '../../detect/verdict.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import type { FloorModel, HandlerProfile } from '../handlers/handler-profiles.ts';
import type { CodeSizes, LayerSizes } from './code-sizes.ts';
import { parseQuantity, type Quantity, tryParseQuantity, UNIT } from './quantity.ts';

/**
 * How little memory lets a container start; what its program then asks for comes on top.
 * `floor`: `needed` is the least with which an image of that size was seen to start, `bytes` what to give: the rule for
 * nearly all images, with a margin · `unmeasured`: nobody knows, `bytes` is what
 * everybody publishes · `out-of-range`: larger than anything that was measured.
 */
export type MemoryFloor =
  | { readonly kind: 'floor'; readonly bytes: Quantity; readonly needed: Quantity }
  | { readonly kind: 'unmeasured'; readonly bytes: Quantity }
  | { readonly kind: 'out-of-range' };

export interface FloorQuestion extends CodeSizes {
  /** Null: a handler that has no profile. */
  readonly profile: HandlerProfile | null;
  /** How many threads compile at once (compile-threads.ts). */
  readonly threads: number;
}

/** MiB, and MiB for each million bytes. */
interface Rule {
  readonly base: number;
  readonly perCompressed: number;
  readonly perRaw: number;
  /** Compiles inside the limit, with as many compiler contexts as threads. */
  readonly isParallel: boolean;
}

/**
 * Upper envelopes over 125 measured cells: 25 modules from 183 bytes to 15.9 MB, least limit with three good starts of
 * three. containerd 2.2.9, runwasi shims 0.6.0 (wasmtime 36, WasmEdge 0.14.1), crun 1.27.1 with WasmEdge 0.17.1; x86-64,
 * cgroup v1. No cell lies more than 11 % above. Null: the handler does not run it.
 */
const RULES: Readonly<Record<FloorModel, Readonly<Record<Packaging, Rule | null>>>> = {
  // An interpreter, which holds the parsed code.
  crun: { tar: { base: 4, perCompressed: 96, perRaw: 26, isParallel: false }, 'oci-layer': null },
  wasmedge: {
    tar: { base: 8, perCompressed: 104, perRaw: 26, isParallel: false },
    'oci-layer': { base: 8, perCompressed: 0, perRaw: 26, isParallel: false },
  },
  wasmtime: {
    // Compiled inside the limit at each start. Without compression measured by nobody: taken as if gzip won nothing.
    tar: { base: 16, perCompressed: 90, perRaw: 90, isParallel: true },
    // Compiled once, by the shim, outside the limit.
    'oci-layer': { base: 4, perCompressed: 0, perRaw: 4.4, isParallel: false },
  },
};

/** MiB: `base`, and more for each million bytes. */
interface Seen {
  readonly least: number;
  readonly base: number;
  readonly perCompressed: number;
  readonly perRaw: number;
}

/**
 * Lower envelopes over the same cells: no module started with less. Modules that are mostly debug sections or data are left
 * out, as they start with far less than code of their size. A limit between the two envelopes may do.
 */
const SEEN: Readonly<Record<FloorModel, Readonly<Record<Packaging, Seen>>>> = {
  crun: {
    tar: { least: 0.8, base: -5, perCompressed: 84, perRaw: 23 },
    'oci-layer': { least: 0, base: 0, perCompressed: 0, perRaw: 0 },
  },
  wasmedge: {
    tar: { least: 1.9, base: -4, perCompressed: 92, perRaw: 25 },
    'oci-layer': { least: 1.9, base: 0, perCompressed: 0, perRaw: 23 },
  },
  wasmtime: {
    tar: { least: 1.6, base: 0, perCompressed: 80, perRaw: 21 },
    'oci-layer': { least: 1.3, base: 1.3, perCompressed: 0, perRaw: 3.3 },
  },
};

const DEFAULTS = {
  /** A limit that just works is flaky: a third of the cells passed one or two of three times one step below. */
  margin: 1.25,
  /** Of the rule for parallel compilation: what it took at least. */
  leastOfParallel: 0.5,
  /** MiB, to give values that people recognise. */
  step: 8,
  /** MiB. The smallest modules start in 2, but 64 compile threads take up to 15. */
  least: 16,
  /** Bytes: the largest modules measured, with a little to spare. */
  range: { compressed: 5_000_000, raw: 20_000_000 },
  /** What Spin's, deislabs' and AKS's examples give. */
  unmeasured: parseQuantity('128Mi'),
} as const;

const MEGABYTE = 1_000_000;
const MEBIBYTE = parseQuantity('1Mi');

/** MiB for compiling in parallel; measured with 1, 2, 4, 16 and 64 threads. */
function parallelPart({ compressed, raw }: LayerSizes, threads: number): number {
  const size = (compressed + raw) / MEGABYTE;
  const perThread = Math.min(24 * size, 5 + 1.2 * size);
  return (Math.min(threads, 16) - 1) * perThread + Math.max(0, threads - 16) * 0.3 * perThread;
}

function linear(
  { base, perCompressed, perRaw }: Pick<Seen, 'base' | 'perCompressed' | 'perRaw'>,
  { compressed, raw }: LayerSizes,
): number {
  return base + (perCompressed * compressed + perRaw * raw) / MEGABYTE;
}

function isOutOfRange({ compressed, raw }: LayerSizes): boolean {
  return compressed / DEFAULTS.range.compressed + raw / DEFAULTS.range.raw > 1;
}

function mebibytes(count: number): Quantity {
  return BigInt(Math.ceil(count)) * MEBIBYTE;
}

export function memoryFloor({ profile, packaging, sizes, threads }: FloorQuestion): MemoryFloor {
  if (sizes === null) return { kind: 'unmeasured', bytes: DEFAULTS.unmeasured };
  if (isOutOfRange(sizes)) return { kind: 'out-of-range' };
  const model = profile?.floors ?? null;
  const rule = model === null ? null : RULES[model][packaging];
  if (model === null || rule === null) return { kind: 'unmeasured', bytes: DEFAULTS.unmeasured };
  const seen = SEEN[model][packaging];
  const parallel = rule.isParallel ? parallelPart(sizes, threads) : 0;
  const least = Math.max(seen.least, linear(seen, sizes)) + DEFAULTS.leastOfParallel * parallel;
  const ruled = DEFAULTS.margin * (linear(rule, sizes) + parallel);
  const given = Math.max(DEFAULTS.least, Math.ceil(ruled / DEFAULTS.step) * DEFAULTS.step);
  return { kind: 'floor', bytes: mebibytes(given), needed: mebibytes(least) };
}

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
