import { RESOURCE_TIER, LINUX_REQUESTS_LABEL } from '../../pod/names.ts';
import type { PodFacts, AssessedContainer } from '../facts.ts';
import { type Tier, TIER_CHOICES, type PolicySettings, type TierChoice } from '../settings.ts';
import { STEPS, type ResourceName } from './bounds.ts';
import type { Slots } from './current-values.ts';
import type { MemoryFloor } from './memory-floor.ts';
import { parseQuantity, type Quantity, formatQuantity, largest, smallest } from './quantity.ts';
import { startCost, type StartQuestion } from './start-cost.ts';

export interface RequestAndLimit {
  readonly request: Quantity;
  readonly limit: Quantity;
}

export interface TierValues {
  readonly cpu: RequestAndLimit;
  readonly memory: RequestAndLimit;
}

function pair(request: string, limit: string): RequestAndLimit {
  return { request: parseQuantity(request), limit: parseQuantity(limit) };
}

/** What an operator asks for by a tier's name. What a container needs to start at all is memory-floor.ts' business. */
const TIER_VALUES: Readonly<Record<Tier, TierValues>> = {
  /** Small nodes: request and limit equal, so that nothing is promised twice. */
  edge: { memory: pair('10Mi', '10Mi'), cpu: pair('50m', '50m') },
  /** Functions, light APIs. */
  light: { memory: pair('8Mi', '32Mi'), cpu: pair('25m', '100m') },
  /** HTTP services. */
  standard: { memory: pair('16Mi', '64Mi'), cpu: pair('50m', '200m') },
  /** Data processing. */
  data: { memory: pair('32Mi', '128Mi'), cpu: pair('100m', '500m') },
  /** Inference. */
  ai: { memory: pair('128Mi', '512Mi'), cpu: pair('500m', '2') },
};

export interface ResourceTier {
  readonly tier: TierChoice;
  /** What asks for a tier that there is not, in words; null where all is well. */
  readonly ignored: string | null;
}

function isTierChoice(text: string): text is TierChoice {
  return (TIER_CHOICES as readonly string[]).includes(text);
}

/** The Pod's annotation over the namespace's label over the configuration; a tier that there is not changes nothing. */
export function resourceTier(
  { pod, namespaceLabels }: Pick<PodFacts, 'pod' | 'namespaceLabels'>,
  { resources }: PolicySettings,
): ResourceTier {
  const annotation = pod.metadata?.annotations?.[RESOURCE_TIER];
  const wish = annotation ?? namespaceLabels[RESOURCE_TIER];
  if (wish === undefined) return { tier: resources.tier, ignored: null };
  if (isTierChoice(wish)) return { tier: wish, ignored: null };
  const where = annotation === undefined ? 'namespace label' : 'annotation';
  return { tier: resources.tier, ignored: `${where} ${RESOURCE_TIER}: "${wish}"` };
}

export interface Wanted {
  readonly request: Quantity;
  /** Null: no limit is to be set. */
  readonly limit: Quantity | null;
  /** A limit below this is worse than none. */
  readonly least: Quantity;
  /** What reckoned values are rounded to. */
  readonly step: Quantity;
}

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

export type LinuxRequests = Readonly<Record<ResourceName, Quantity>>;

type Written = NonNullable<PolicySettings['resources']['linuxRequests']>;

/** Parsed once for each configuration. */
const memo = new WeakMap<Written, LinuxRequests>();

/** What Linux containers of this namespace get that set nothing; null where operator or namespace do not ask for it. */
export function linuxRequests(
  { namespaceLabels }: Pick<PodFacts, 'namespaceLabels'>,
  { resources }: PolicySettings,
): LinuxRequests | null {
  const written = resources.linuxRequests;
  if (written === undefined || namespaceLabels[LINUX_REQUESTS_LABEL] !== 'true') return null;
  let requests = memo.get(written);
  if (requests === undefined) {
    requests = { cpu: parseQuantity(written.cpu), memory: parseQuantity(written.memory) };
    memo.set(written, requests);
  }
  return requests;
}

/** An ordinary container that says nothing of its resources, and may have some. */
export function isLinuxWithoutResources({ kind, verdict, container }: AssessedContainer): boolean {
  const { requests, limits } = container.resources ?? {};
  const isSilent = Object.keys({ ...requests, ...limits }).length === 0;
  return isSilent && kind !== 'ephemeral' && verdict.kind === 'container';
}

/** Null where a LimitRange gives it something: that was decided by whoever made the LimitRange. */
export function wantedLinuxRequest(
  requests: LinuxRequests,
  resource: ResourceName,
  { request, limit }: Slots,
): WantedResource | null {
  if (request.origin !== 'absent' || limit.origin !== 'absent') return null;
  const reason = 'configured for Linux containers that set none (policy.resources.linuxRequests)';
  return {
    request: requests[resource],
    limit: null,
    least: 0n,
    step: STEPS[resource],
    requestReason: reason,
    limitReason: reason,
  };
}
