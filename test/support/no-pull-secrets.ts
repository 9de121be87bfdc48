import type { PullSecretsPort } from '../../src/assess/ports.ts';

/** The pull secrets of a cluster without any. */
export const NO_PULL_SECRETS: PullSecretsPort = {
  read: () => Promise.resolve([]),
  forget: () => undefined,
};
