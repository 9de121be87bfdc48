import type { Scenario } from '../policy/settings.ts';
import type { ImageSettings } from './settings.ts';

/** What a scenario says of images where the file itself says nothing. */
export const IMAGE_SCENARIOS: { readonly [Name in Scenario]?: Partial<ImageSettings> } = {
  edge: {
    // A tag that moved is seen a day later: a node that is cut off could not pull it either.
    tagSeconds: 86_400,
    // An unsteady network is not asked again with every Pod.
    staleSeconds: 600,
  },
};
