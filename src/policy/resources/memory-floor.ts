import type { Packaging } from '../../detect/verdict.ts';
import type { FloorModel, HandlerProfile } from '../handlers/handler-profiles.ts';
import type { LayerSizes } from './layer-sizes.ts';
import { parseQuantity, type Quantity } from './quantity.ts';

/**
 * How little memory lets a container start; what its program then asks for comes on top.
 * `floor`: `needed` is the measured rule, `bytes` what to give, with a margin · `unmeasured`: nobody knows, `bytes` is what
 * everybody publishes · `out-of-range`: larger than anything that was measured.
 */
export type MemoryFloor =
  | { readonly kind: 'floor'; readonly bytes: Quantity; readonly needed: Quantity }
  | { readonly kind: 'unmeasured'; readonly bytes: Quantity }
  | { readonly kind: 'out-of-range' };

export interface FloorQuestion {
  /** Null: a handler that has no profile. */
  readonly profile: HandlerProfile | null;
  readonly packaging: Packaging;
  readonly sizes: LayerSizes;
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

const DEFAULTS = {
  /** A limit that just works is flaky: a third of the cells passed one or two of three times one step below. */
  margin: 1.25,
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

function isOutOfRange({ compressed, raw }: LayerSizes): boolean {
  return compressed / DEFAULTS.range.compressed + raw / DEFAULTS.range.raw > 1;
}

function mebibytes(count: number): Quantity {
  return BigInt(Math.ceil(count)) * MEBIBYTE;
}

export function memoryFloor({ profile, packaging, sizes, threads }: FloorQuestion): MemoryFloor {
  if (isOutOfRange(sizes)) return { kind: 'out-of-range' };
  const model = profile?.floors ?? null;
  const rule = model === null ? null : RULES[model][packaging];
  if (rule === null) return { kind: 'unmeasured', bytes: DEFAULTS.unmeasured };
  const { base, perCompressed, perRaw, isParallel } = rule;
  const linear = base + (perCompressed * sizes.compressed + perRaw * sizes.raw) / MEGABYTE;
  const needed = linear + (isParallel ? parallelPart(sizes, threads) : 0);
  const { margin, step, least } = DEFAULTS;
  const given = Math.max(least, Math.ceil((margin * needed) / step) * step);
  return { kind: 'floor', bytes: mebibytes(given), needed: mebibytes(needed) };
}
