import { NO_FINDINGS, type PodRule } from '../check.ts';
import { resourceTier } from '../resources/desired-values.ts';
import { TIER_CHOICES } from '../settings.ts';

export const resourceTierUnknown: PodRule = {
  id: 'resource-tier-unknown',
  why:
    'A tier that there is not gives the Pod the configured one: other requests and limits than whoever wrote it has ' +
    'in mind.',
  checks:
    'Annotation wasmgate.dev/resource-tier of the Pod, or else that label of its namespace; only of Wasm Pods.',
  exempts: 'The tiers there are, none among them, and Pods and namespaces that ask for nothing.',
  example: 'A Wasm Pod with the annotation wasmgate.dev/resource-tier: large.',
  fix: 'Name one of the tiers, or take the annotation or label away.',
  check: (context) => {
    const { settings, wasmContainers } = context;
    const { ignored } = resourceTier(context, settings);
    if (ignored === null || wasmContainers.length === 0) return NO_FINDINGS;
    return [
      {
        id: 'resource-tier-unknown',
        container: null,
        detail: `${ignored} names no tier; tier ${settings.resources.tier} of the configuration applies`,
        advice: `Use one of ${TIER_CHOICES.join(', ')}.`,
      },
    ];
  },
};
