import type { ImageRequest } from './image-result.ts';

/** What a cached result is found by. */
export type KeyedRequest = Omit<ImageRequest, 'architectures'>;

/**
 * Returns the key of a result. A namespace must not get what another one's secret could read. So the key of a request with pull
 * secrets holds their namespace and names, and all requests without any share one view. The operator's own credentials belong
 * to that view, because they stand in for the node's, which serve every Pod on it. Contents of secrets never enter a key. The
 * namespace comes first because its name has no line breaks, while that of an image may.
 */
export function cacheKey({ image, namespace, pullSecrets }: KeyedRequest): string {
  return pullSecrets.length === 0 ? `\n${image}` : `${namespace}/${pullSecrets.join(',')}\n${image}`;
}

/** Returns the request that the key was made of. @param namespace of an entry that serves all namespaces */
export function requestOf(key: string, namespace: string): KeyedRequest {
  const end = key.indexOf('\n');
  const image = key.slice(end + 1);
  if (end === 0) return { image, namespace, pullSecrets: [] };
  // The names of Secrets have no slash, and neither has that of their namespace.
  const slash = key.lastIndexOf('/', end);
  return { image, namespace: key.slice(0, slash), pullSecrets: key.slice(slash + 1, end).split(',') };
}
