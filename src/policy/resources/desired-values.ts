import { oncePer } from '../../lib/once-per.ts';
import { RESOURCE_TIER, LINUX_REQUESTS_LABEL } from '../../pod/names.ts';
import type { PodFacts, AssessedContainer } from '../facts.ts';
import { type Tier, TIER_CHOICES, type PolicySettings, type TierChoice } from '../settings.ts';
import { ROUNDING, type ResourceName } from './bounds.ts';
import type { CurrentValues } from './current-values.ts';
import type { MemoryFloor } from './memory-floor.ts';
import { parseQuantity, type Quantity, formatQuantity, largest, smallest } from './quantity.ts';
import { startCost, type CodeOnHandler } from './start-cost.ts';

/** The desired values of one resource of a container, before any bound applies. */
export interface DesiredValues {
  readonly request: Quantity;
  /** Null: wasmgate sets no limit. */
  readonly limit: Quantity | null;
  /** A limit below this would be worse than none. */
  readonly minLimit: Quantity;
  /** Computed values are rounded to multiples of this. */
  readonly step: Quantity;
  readonly requestReason: string;
  readonly limitReason: string;
}

interface RequestAndLimit {
  readonly request: Quantity;
  readonly limit: Quantity;
}

function pair(request: string, limit: string): RequestAndLimit {
  return { request: parseQuantity(request), limit: parseQuantity(limit) };
}

/** The values of each tier. memory-floor.ts models what a container needs to start. */
const TIER_VALUES: Readonly<Record<Tier, Readonly<Record<ResourceName, RequestAndLimit>>>> = {
  /** Small nodes: request and limit are equal, so that nodes are not overcommitted. */
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
  /** The annotation or label that names an unknown tier, for messages; null if there is none. */
  readonly ignored: string | null;
}

function isTierChoice(text: string): text is TierChoice {
  return (TIER_CHOICES as readonly string[]).includes(text);
}

/** Reads the tier: the Pod's annotation, then the namespace's label, then the configuration. An unknown tier is ignored. */
export function resourceTier(
  { pod, namespaceLabels }: Pick<PodFacts, 'pod' | 'namespaceLabels'>,
  { resources }: PolicySettings,
): ResourceTier {
  const annotation = pod.metadata?.annotations?.[RESOURCE_TIER];
  const named = annotation ?? namespaceLabels[RESOURCE_TIER];
  if (named === undefined) return { tier: resources.tier, ignored: null };
  if (isTierChoice(named)) return { tier: named, ignored: null };
  const where = annotation === undefined ? 'namespace label' : 'annotation';
  return { tier: resources.tier, ignored: `${where} ${RESOURCE_TIER}: "${named}"` };
}

interface CpuInput extends CodeOnHandler {
  readonly tier: Tier;
  readonly settings: Pick<PolicySettings['resources'], 'cpuLimit'>;
}

const SLOW_START = {
  /** CPU limit for a slow start: a limit reserves nothing, and at one core Wasmtime's compiler uses one thread. */
  cpu: parseQuantity('1'),
  /** Seconds. A start that takes 5.8 s at this limit took 15.7 s at 300m (measured, Go module of 2.5 MB). */
  seconds: 3n,
} as const;

/** Returns the tier's limit, or the one that a start of this cost should have. */
function limitForStart(limit: Quantity, cost: Quantity, { profile }: CpuInput): Quantity {
  // Beyond one core Wasmtime compiles in parallel, and its memory need grows with the node's cores.
  const bounded = profile?.engine === 'wasmtime' ? smallest(limit, SLOW_START.cpu) : limit;
  return cost > SLOW_START.seconds * bounded ? largest(bounded, SLOW_START.cpu) : bounded;
}

export function desiredCpu(input: CpuInput): DesiredValues {
  const { request, limit } = TIER_VALUES[input.tier].cpu;
  const requestReason = `tier ${input.tier}`;
  const fromTier = { request, minLimit: 0n, step: ROUNDING.cpu, requestReason, limitReason: requestReason };
  if (!input.settings.cpuLimit) return { ...fromTier, limit: null };
  const cost = startCost(input);
  const desired = cost === null ? limit : limitForStart(limit, cost, input);
  if (desired === limit) return { ...fromTier, limit };
  const limitReason =
    desired > limit
      ? `the image is compiled at every start, which would be slow in tier ${input.tier}`
      : 'the image is compiled at every start; with more than one core, it would need more memory';
  return { ...fromTier, limit: desired, limitReason };
}

export function desiredMemory(tier: Tier, floor: MemoryFloor): DesiredValues {
  const { request, limit } = TIER_VALUES[tier].memory;
  const requestReason = `tier ${tier}`;
  const fromTier = { request, step: ROUNDING.memory, requestReason, limitReason: requestReason };
  if (floor.kind === 'out-of-range') return { ...fromTier, limit: null, minLimit: 0n };
  const minLimit = floor.bytes;
  if (minLimit <= limit) return { ...fromTier, limit, minLimit };
  const why =
    floor.kind === 'floor'
      ? 'an image of its size needs this much to start on this handler'
      : 'the usual limit, because the memory need on this handler was never measured';
  const short = formatQuantity(limit, 'memory');
  return { ...fromTier, limit: minLimit, minLimit, limitReason: `${why}; tier ${tier} has ${short}` };
}

export type LinuxRequests = Readonly<Record<ResourceName, Quantity>>;

type LinuxRequestSettings = NonNullable<PolicySettings['resources']['linuxRequests']>;

/** Parses the requests once for each configuration. */
const parseRequests = oncePer(({ cpu, memory }: LinuxRequestSettings): LinuxRequests => ({
  cpu: parseQuantity(cpu),
  memory: parseQuantity(memory),
}));

/** Returns the requests for Linux containers without any; null unless both the configuration and the namespace enable them. */
export function linuxRequests(
  { namespaceLabels }: Pick<PodFacts, 'namespaceLabels'>,
  { resources }: PolicySettings,
): LinuxRequests | null {
  const configured = resources.linuxRequests;
  if (configured === undefined || namespaceLabels[LINUX_REQUESTS_LABEL] !== 'true') return null;
  return parseRequests(configured);
}

/** Reports whether this is a Linux container that may have resources and sets none. */
export function isLinuxWithoutResources({ kind, verdict, container }: AssessedContainer): boolean {
  const { requests, limits } = container.resources ?? {};
  const setsNone = Object.keys({ ...requests, ...limits }).length === 0;
  return setsNone && kind !== 'ephemeral' && verdict.kind === 'container';
}

/** Returns null if a LimitRange gives the container a value: the namespace's own default applies. */
export function desiredForLinux(
  requests: LinuxRequests,
  resource: ResourceName,
  { request, limit }: CurrentValues,
): DesiredValues | null {
  if (request.origin !== 'absent' || limit.origin !== 'absent') return null;
  const reason = 'configured for Linux containers that set none (policy.resources.linuxRequests)';
  return {
    request: requests[resource],
    limit: null,
    minLimit: 0n,
    step: ROUNDING[resource],
    requestReason: reason,
    limitReason: reason,
  };
}
