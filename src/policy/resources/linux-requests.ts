import { LINUX_REQUESTS_LABEL } from '../../pod/names.ts';
import type { AssessedContainer, PodFacts } from '../facts.ts';
import type { PolicySettings } from '../settings.ts';
import { parseQuantity, type Quantity } from './quantity.ts';
import { STEPS } from './resource-bounds.ts';
import type { ResourceName } from './resource-name.ts';
import type { Slots } from './resource-slots.ts';
import type { WantedResource } from './wanted-resources.ts';

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
