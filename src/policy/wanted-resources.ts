import type { Packaging } from '../detect/verdict.ts';
import type { Wanted } from './fit-resource.ts';
import type { HandlerProfile } from './handler-profiles.ts';
import type { LayerSizes } from './layer-sizes.ts';
import type { MemoryFloor } from './memory-floor.ts';
import { formatQuantity, largest, parseQuantity, roundUp, smallest } from './quantity.ts';
import type { PolicySettings, Tier } from './settings.ts';
import { TIER_VALUES } from './tiers.ts';

const DEFAULTS = {
  /**
   * CPU for each million compressed bytes that Wasmtime compiles at every start: a start in under ten seconds, measured on
   * a shim that was built with little optimisation; a well built one takes half.
   */
  compileCpu: parseQuantity('400m'),
  compileCpuStep: parseQuantity('10m'),
  /** More than one core would make the compiler parallel, and the memory it needs grow with the node. */
  mostCompileCpu: parseQuantity('1'),
} as const;

const MEGABYTE = 1_000_000n;

/** What is wanted, and why, in words. */
export interface WantedResource extends Wanted {
  readonly requestReason: string;
  readonly limitReason: string;
}

export interface CpuQuestion {
  readonly tier: Tier;
  readonly settings: PolicySettings['resources'];
  readonly profile: HandlerProfile | null;
  readonly packaging: Packaging;
  readonly sizes: LayerSizes;
}

/** Bytes that this handler compiles inside the container at each start. */
function compiledBytes({ profile, packaging, sizes }: CpuQuestion): bigint {
  const isCompiled = profile?.engine === 'wasmtime' && packaging === 'tar';
  return isCompiled ? BigInt(Math.ceil(sizes.compressed + sizes.raw)) : 0n;
}

export function wantedCpu(question: CpuQuestion): WantedResource {
  const { request, limit } = TIER_VALUES[question.tier].cpu;
  const requestReason = `tier ${question.tier}`;
  const fromTier = { request, least: 0n, requestReason, limitReason: requestReason };
  if (!question.settings.cpuLimit) return { ...fromTier, limit: null };
  const bytes = compiledBytes(question);
  if (bytes === 0n) return { ...fromTier, limit };
  const compile = roundUp((DEFAULTS.compileCpu * bytes) / MEGABYTE, DEFAULTS.compileCpuStep);
  const bounded = smallest(largest(limit, compile), DEFAULTS.mostCompileCpu);
  if (bounded === limit) return { ...fromTier, limit };
  const limitReason =
    bounded > limit
      ? `the image is compiled at every start; tier ${question.tier} would make that slow`
      : `the image is compiled at every start; more than one core would need more memory`;
  return { ...fromTier, limit: bounded, limitReason };
}

export function wantedMemory(tier: Tier, floor: MemoryFloor): WantedResource {
  const { request, limit } = TIER_VALUES[tier].memory;
  const requestReason = `tier ${tier}`;
  const fromTier = { request, requestReason, limitReason: requestReason };
  if (floor.kind === 'out-of-range') return { ...fromTier, limit: null, least: 0n };
  const least = floor.bytes;
  if (least <= limit) return { ...fromTier, limit, least };
  const why =
    floor.kind === 'floor'
      ? 'least that starts an image of its size on this handler'
      : 'least for a handler whose need nobody measured';
  const short = formatQuantity(limit, 'memory');
  return { ...fromTier, limit: least, least, limitReason: `${why}; tier ${tier} has ${short}` };
}
