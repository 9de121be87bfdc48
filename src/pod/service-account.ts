import type { Pod } from './pod.ts';

/** What the API server's ServiceAccount plugin takes for a Pod that names none. */
const DEFAULT_ACCOUNT = 'default';

export function serviceAccountOf({ spec }: Pod): string {
  const name = spec.serviceAccountName ?? '';
  return name === '' ? DEFAULT_ACCOUNT : name;
}
