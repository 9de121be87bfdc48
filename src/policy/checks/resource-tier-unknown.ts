import { NO_FINDINGS, type PodRule } from '../check.ts';
import { resourceTier } from '../resources/desired-values.ts';
import { TIER_CHOICES } from '../settings.ts';

export const resourceTierUnknown: PodRule = {
  id: 'resource-tier-unknown',
  why:
    'A Pod that names an unknown tier gets the configured one, and so requests and limits that its author did not ' +
    'intend.',
  checks:
    'The annotation wasmgate.dev/resource-tier of a Wasm Pod or, without it, that label of its namespace.',
  exempts: 'The tiers that exist, including none; Pods and namespaces that name no tier.',
  example: 'A Wasm Pod with the annotation wasmgate.dev/resource-tier: large.',
  fix: 'Name one of the tiers, or remove the annotation or label.',
  check: (context) => {
    const { settings, wasmContainers } = context;
    const { ignored } = resourceTier(context, settings);
    if (ignored === null || wasmContainers.length === 0) return NO_FINDINGS;
    return [
      {
        id: 'resource-tier-unknown',
        container: null,
        detail: `${ignored} is not a tier; tier ${settings.resources.tier} of the configuration applies`,
        advice: `Use one of ${TIER_CHOICES.join(', ')}.`,
      },
    ];
  },
};
