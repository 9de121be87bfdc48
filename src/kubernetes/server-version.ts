import { property, stringOr } from '../lib/json.ts';
import type { KubernetesClient } from './client.ts';
import { isKubernetesError } from './kubernetes-error.ts';

/** Returns the API server's version, such as `v1.36.3`; '' if it does not say. Only people read it. */
export async function readServerVersion({ request }: KubernetesClient): Promise<string> {
  try {
    const call = { action: 'read the version of the API server', path: '/version' };
    return stringOr(property(await request(call, new AbortController().signal), 'gitVersion'), '');
  } catch (error) {
    if (isKubernetesError(error)) return '';
    throw error;
  }
}
