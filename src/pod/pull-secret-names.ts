import { isObject, property, stringOr, type JsonObject } from '../lib/json.ts';
import { isObjectName } from './object-metadata.ts';
import type { Pod } from './pod.ts';

/** Pull secrets read for one Pod: it may list 100,000, each a request to the API server. */
export const MAX_PULL_SECRETS = 32;

/** Returns the listed names that a Secret can have, each once, in order. */
export function pullSecretNames(
  listed: readonly string[],
  most: number = MAX_PULL_SECRETS,
): readonly string[] {
  return [...new Set(listed.filter(isObjectName))].slice(0, most);
}

/** Returns the pull secrets that a ServiceAccount adds to Pods that name none. */
export function pullSecretsOfAccount(account: JsonObject): readonly string[] {
  const secrets = property(account, 'imagePullSecrets');
  if (!Array.isArray(secrets)) return [];
  return pullSecretNames(
    secrets.map((secret: unknown) => (isObject(secret) ? stringOr(property(secret, 'name'), '') : '')),
  );
}

/** The account that the ServiceAccount plugin gives to a Pod that names none. */
const DEFAULT_ACCOUNT = 'default';

export function serviceAccountOf({ spec }: Pod): string {
  return spec.serviceAccountName || DEFAULT_ACCOUNT;
}
