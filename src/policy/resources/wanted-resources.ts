import type { PolicySettings, Tier } from '../settings.ts';
import { COMPILE_DEFAULTS, compileCpu, type CompileQuestion } from './compile-cpu.ts';
import type { Wanted } from './fit-resource.ts';
import type { MemoryFloor } from './memory-floor.ts';
import { formatQuantity, largest, smallest } from './quantity.ts';
import { STEPS } from './resource-bounds.ts';
import { TIER_VALUES } from './tiers.ts';

/** What is wanted, and why, in words. */
export interface WantedResource extends Wanted {
  readonly requestReason: string;
  readonly limitReason: string;
}

export interface CpuQuestion extends CompileQuestion {
  readonly tier: Tier;
  readonly settings: Pick<PolicySettings['resources'], 'cpuLimit'>;
}

export function wantedCpu(question: CpuQuestion): WantedResource {
  const { request, limit } = TIER_VALUES[question.tier].cpu;
  const requestReason = `tier ${question.tier}`;
  const fromTier = { request, least: 0n, step: STEPS.cpu, requestReason, limitReason: requestReason };
  if (!question.settings.cpuLimit) return { ...fromTier, limit: null };
  const compile = compileCpu(question);
  if (compile === null) return { ...fromTier, limit };
  const bounded = smallest(largest(limit, compile), COMPILE_DEFAULTS.most);
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
  const fromTier = { request, step: STEPS.memory, requestReason, limitReason: requestReason };
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
