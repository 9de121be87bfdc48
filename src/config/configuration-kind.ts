import { isObject, property, type JsonObject } from '../lib/json.ts';
import type { Problem } from './check-value.ts';

export const CONFIGURATION_VERSION = 'wasmgate.dev/v1alpha1';
export const CONFIGURATION_KIND = 'Configuration';

/**
 * The text that a ConfigMap carries stands under a key that nobody can know; there is mostly one. There are two programs called
 * yq, and without `-r` one of them, which Debian has, writes the text as a JSON string.
 */
function faultOfConfigMap(manifest: JsonObject): string {
  const data = property(manifest, 'data');
  const [key = 'configuration.yaml'] = isObject(data) ? Object.keys(data) : [];
  const command = `yq -r '.data["${key}"]' FILE | wasmgate config check -`;
  return `it is a ConfigMap; the configuration is the text under its key "${key}". Take that: ${command}`;
}

/** Another kind of object altogether, which would be told as many keys that there are not; null where it is none. */
export function faultOfKind(stated: JsonObject): Problem | null {
  const kind = property(stated, 'kind');
  const version = property(stated, 'apiVersion');
  if (typeof kind !== 'string' || typeof version !== 'string') return null;
  if (kind === CONFIGURATION_KIND || version.startsWith('wasmgate.dev/')) return null;
  if (kind === 'ConfigMap') return { path: [], text: faultOfConfigMap(stated) };
  const wanted = `kind ${CONFIGURATION_KIND} of ${CONFIGURATION_VERSION}`;
  return { path: [], text: `it is of kind "${kind}" of "${version}", and takes ${wanted}.` };
}
