import type { Packaging } from '../../detect/verdict.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { ClusterNode } from '../../pod/cluster-objects.ts';
import type { FloorModel } from '../handlers/handler-profiles.ts';
import type { LayerSizes } from './code-sizes.ts';
import { parseQuantity, type Quantity, tryParseQuantity, UNIT } from './quantity.ts';
import type { CodeOnHandler } from './start-cost.ts';

/**
 * The memory that a container needs to start, before its program allocates any.
 * `floor`: no image of that size started with less than `needed`; `bytes` is the limit to set, with a margin ·
 * `unmeasured`: the need is unknown, and `bytes` is what published examples use ·
 * `out-of-range`: the image is larger than any that was measured.
 */
export type MemoryFloor =
  | { readonly kind: 'floor'; readonly bytes: Quantity; readonly needed: Quantity }
  | { readonly kind: 'unmeasured'; readonly bytes: Quantity }
  | { readonly kind: 'out-of-range' };

interface FloorInput extends CodeOnHandler {
  /** How many threads compile at once. */
  readonly threads: number;
}

/** A linear model: MiB, and MiB for each million bytes. */
interface Line {
  readonly base: number;
  readonly perCompressed: number;
  readonly perRaw: number;
}

interface UpperEnvelope extends Line {
  /** Compiles inside the limit, with as many compiler contexts as threads. */
  readonly isParallel: boolean;
}

/**
 * Upper envelopes over 125 measured cells: 25 modules from 183 bytes to 15.9 MB, the least limit with three good starts of
 * three. containerd 2.2.9, runwasi shims 0.6.0 (wasmtime 36, WasmEdge 0.14.1), crun 1.27.1 with WasmEdge 0.17.1; x86-64,
 * cgroup v1. No cell lies more than 11 % above. Null: the handler does not run such an image.
 */
const UPPER: Readonly<Record<FloorModel, Readonly<Record<Packaging, UpperEnvelope | null>>>> = {
  // An interpreter, which holds the parsed code.
  crun: { tar: { base: 4, perCompressed: 96, perRaw: 26, isParallel: false }, 'oci-layer': null },
  wasmedge: {
    tar: { base: 8, perCompressed: 104, perRaw: 26, isParallel: false },
    'oci-layer': { base: 8, perCompressed: 0, perRaw: 26, isParallel: false },
  },
  wasmtime: {
    // Compiled inside the limit at every start. Uncompressed layers were not measured; assumes that gzip would save nothing.
    tar: { base: 16, perCompressed: 90, perRaw: 90, isParallel: true },
    // Compiled once, by the shim, outside the limit.
    'oci-layer': { base: 4, perCompressed: 0, perRaw: 4.4, isParallel: false },
  },
};

interface LowerEnvelope extends Line {
  /** MiB. */
  readonly min: number;
}

/**
 * Lower envelopes over the same cells: no module started with less. They leave out modules that are mostly debug sections or
 * data, which need far less than code of their size. A limit between the two envelopes may suffice.
 */
const LOWER: Readonly<Record<FloorModel, Readonly<Record<Packaging, LowerEnvelope>>>> = {
  crun: {
    tar: { min: 0.8, base: -5, perCompressed: 84, perRaw: 23 },
    'oci-layer': { min: 0, base: 0, perCompressed: 0, perRaw: 0 },
  },
  wasmedge: {
    tar: { min: 1.9, base: -4, perCompressed: 92, perRaw: 25 },
    'oci-layer': { min: 1.9, base: 0, perCompressed: 0, perRaw: 23 },
  },
  wasmtime: {
    tar: { min: 1.6, base: 0, perCompressed: 80, perRaw: 21 },
    'oci-layer': { min: 1.3, base: 1.3, perCompressed: 0, perRaw: 3.3 },
  },
};

const FLOOR_LIMITS = {
  /** A limit that just suffices is flaky: one step below it, a third of the cells still passed one or two of three starts. */
  margin: 1.25,
  /** The least share of the parallel part that a start took. */
  minParallel: 0.5,
  /** MiB, so that people read round numbers. */
  step: 8,
  /** MiB. The smallest modules start in 2, but 64 compile threads take up to 15. */
  min: 16,
  /** Bytes: the largest modules measured, with a little to spare. */
  range: { compressed: 5_000_000, raw: 20_000_000 },
  /** The limit in examples of Spin, deislabs and AKS. */
  unmeasured: parseQuantity('128Mi'),
} as const;

const MEGABYTE = 1_000_000;
const MEBIBYTE = parseQuantity('1Mi');

/** Returns the MiB that parallel compilation adds; measured with 1, 2, 4, 16 and 64 threads. */
function parallelPart({ compressed, raw }: LayerSizes, threads: number): number {
  const size = (compressed + raw) / MEGABYTE;
  const perThread = Math.min(24 * size, 5 + 1.2 * size);
  return (Math.min(threads, 16) - 1) * perThread + Math.max(0, threads - 16) * 0.3 * perThread;
}

function linear({ base, perCompressed, perRaw }: Line, { compressed, raw }: LayerSizes): number {
  return base + (perCompressed * compressed + perRaw * raw) / MEGABYTE;
}

function isOutOfRange({ compressed, raw }: LayerSizes): boolean {
  return compressed / FLOOR_LIMITS.range.compressed + raw / FLOOR_LIMITS.range.raw > 1;
}

function mebibytes(count: number): Quantity {
  return BigInt(Math.ceil(count)) * MEBIBYTE;
}

export function memoryFloor({ profile, packaging, sizes, threads }: FloorInput): MemoryFloor {
  if (sizes === null) return { kind: 'unmeasured', bytes: FLOOR_LIMITS.unmeasured };
  if (isOutOfRange(sizes)) return { kind: 'out-of-range' };
  const model = profile?.floors ?? null;
  const upper = model === null ? null : UPPER[model][packaging];
  if (model === null || upper === null) return { kind: 'unmeasured', bytes: FLOOR_LIMITS.unmeasured };
  const lower = LOWER[model][packaging];
  const parallel = upper.isParallel ? parallelPart(sizes, threads) : 0;
  const needed = Math.max(lower.min, linear(lower, sizes)) + FLOOR_LIMITS.minParallel * parallel;
  const enough = FLOOR_LIMITS.margin * (linear(upper, sizes) + parallel);
  const rounded = Math.max(FLOOR_LIMITS.min, Math.ceil(enough / FLOOR_LIMITS.step) * FLOOR_LIMITS.step);
  return { kind: 'floor', bytes: mebibytes(rounded), needed: mebibytes(needed) };
}

/** Cores assumed for nodes that do not report them: the most that was measured. */
const UNKNOWN_CORES = 64;

function wholeCores(amount: Quantity): number {
  return Math.max(1, Number(amount / UNIT));
}

/** Cached for each node: classes and Pods select some of the same nodes. */
const coresOf = oncePer(({ cpuCapacity }: ClusterNode): number => {
  const capacity = cpuCapacity === null ? null : tryParseQuantity(cpuCapacity);
  return capacity === null ? UNKNOWN_CORES : wholeCores(capacity);
});

/** Returns the cores of the largest node that could run the Pod. Cached because each of up to 256 containers asks. */
export const mostCores = oncePer((nodes: readonly ClusterNode[]): number =>
  nodes.length === 0 ? UNKNOWN_CORES : Math.max(...nodes.map(coresOf)),
);

/**
 * Returns how many threads an engine compiles with inside a container: one for each core, but no more than the CPU limit,
 * rounded down (Rust's `available_parallelism` reads the cgroup's quota; measured).
 */
export function compileThreads(cpuLimit: Quantity | null, nodeCores: number): number {
  return cpuLimit === null ? nodeCores : Math.min(nodeCores, wholeCores(cpuLimit));
}
