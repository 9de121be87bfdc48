import type { PolicySettings, Tier } from '../settings.ts';
import type { Wanted } from './fit-resource.ts';
import type { MemoryFloor } from './memory-floor.ts';
import { formatQuantity, largest, parseQuantity, smallest, type Quantity } from './quantity.ts';
import { STEPS } from './resource-bounds.ts';
import { startCost, type StartQuestion } from './start-cost.ts';
import { TIER_VALUES } from './tiers.ts';

/** What is wanted, and why, in words. */
export interface WantedResource extends Wanted {
  readonly requestReason: string;
  readonly limitReason: string;
}

export interface CpuQuestion extends StartQuestion {
  readonly tier: Tier;
  readonly settings: Pick<PolicySettings['resources'], 'cpuLimit'>;
}

const START = {
  /** CPU for a start that would be slow: a limit reserves nothing, and one core keeps Wasmtime's compiler to one thread. */
  cpu: parseQuantity('1'),
  /** Seconds. 300m made a start of 5.8 s at this limit one of 15.7 s (measured, Go module of 2.5 MB). */
  slow: 3n,
} as const;

/** Returns the tier's limit, or the one that a start of this cost should have. */
function limitForStart(limit: Quantity, cost: Quantity, { profile }: CpuQuestion): Quantity {
  // More than one core makes Wasmtime's compiler parallel, and the memory that it needs grow with the node.
  const bounded = profile?.engine === 'wasmtime' ? smallest(limit, START.cpu) : limit;
  return cost > START.slow * bounded ? largest(bounded, START.cpu) : bounded;
}

export function wantedCpu(question: CpuQuestion): WantedResource {
  const { request, limit } = TIER_VALUES[question.tier].cpu;
  const requestReason = `tier ${question.tier}`;
  const fromTier = { request, least: 0n, step: STEPS.cpu, requestReason, limitReason: requestReason };
  if (!question.settings.cpuLimit) return { ...fromTier, limit: null };
  const cost = startCost(question);
  const wanted = cost === null ? limit : limitForStart(limit, cost, question);
  if (wanted === limit) return { ...fromTier, limit };
  const limitReason =
    wanted > limit
      ? `the image is compiled at every start; tier ${question.tier} would make that slow`
      : `the image is compiled at every start; more than one core would need more memory`;
  return { ...fromTier, limit: wanted, limitReason };
}

export function wantedMemory(tier: Tier, floor: MemoryFloor): WantedResource {
  const { request, limit } = TIER_VALUES[tier].memory;
  const requestReason = `tier ${tier}`;
  const fromTier = { request, step: STEPS.memory, requestReason, limitReason: requestReason };
  if (floor.kind === 'out-of-range') return { ...fromTier, limit: null, least: 0n };
  const least = floor.bytes;
  if (least <= limit) return { ...fromTier, limit, least };
  const why =
    floor.kind === 'floor'
      ? 'least that starts an image of its size on this handler'
      : 'what is usual where the need is not known';
  const short = formatQuantity(limit, 'memory');
  return { ...fromTier, limit: least, least, limitReason: `${why}; tier ${tier} has ${short}` };
}
