import { isObjectName } from './object-metadata.ts';
import type { Pod } from './pod.ts';

/** Read for one Pod, the first ones: it may list 100,000 of them, each a request to the API server. */
export const MAX_PULL_SECRETS = 32;

/** Of the names that a Pod or an account lists those that a Secret can have, each once, in order. */
export function pullSecretNames(
  listed: readonly string[],
  most: number = MAX_PULL_SECRETS,
): readonly string[] {
  return [...new Set(listed.filter(isObjectName))].slice(0, most);
}

/** What the API server's ServiceAccount plugin takes for a Pod that names none. */
const DEFAULT_ACCOUNT = 'default';

export function serviceAccountOf({ spec }: Pod): string {
  const name = spec.serviceAccountName ?? '';
  return name === '' ? DEFAULT_ACCOUNT : name;
}
