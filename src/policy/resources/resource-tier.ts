import { RESOURCE_TIER } from '../../pod/names.ts';
import type { PodFacts } from '../facts.ts';
import { TIER_CHOICES, type PolicySettings, type TierChoice } from '../settings.ts';

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
