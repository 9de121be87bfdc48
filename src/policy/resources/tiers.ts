import type { Tier } from '../settings.ts';
import { parseQuantity, type Quantity } from './quantity.ts';

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
export const TIER_VALUES: Readonly<Record<Tier, TierValues>> = {
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
