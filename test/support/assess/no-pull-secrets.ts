import type { ServiceAccountsPort } from '../../../src/assess/ports.ts';
import { EMPTY_KEYRING } from '../../../src/credentials/credential.ts';
import type { PullSecretsPort } from '../../../src/images/ports.ts';

/** The pull secrets of a cluster without any. */
export const NO_PULL_SECRETS: PullSecretsPort = {
  read: () => Promise.resolve(EMPTY_KEYRING),
  forget: () => undefined,
};

/** The accounts of a cluster, none of which names a pull secret. */
export const NO_ACCOUNT_SECRETS: ServiceAccountsPort = { pullSecrets: () => Promise.resolve([]) };
