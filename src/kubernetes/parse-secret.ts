import type { Credential } from '../credentials/credential.ts';
import { parseDockerConfig, PULL_SECRET_TYPES } from '../credentials/parse-docker-config.ts';
import { isObject, property, stringOr, type JsonObject } from '../json.ts';

function contentOf(secret: JsonObject, key: string): string | null {
  const [data, plain] = ['data', 'stringData'].map((field) => property(secret, field));
  // Only manifests have it, and there it wins.
  const written = isObject(plain) ? property(plain, key) : undefined;
  if (typeof written === 'string') return written;
  const encoded = isObject(data) ? property(data, key) : undefined;
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString('utf8') : null;
}

/** The credentials in a pull secret of either type; none in a Secret of any other. */
export function parseSecret(secret: JsonObject, source: string): readonly Credential[] {
  const type = stringOr(property(secret, 'type'), '');
  const format = Object.hasOwn(PULL_SECRET_TYPES, type) ? PULL_SECRET_TYPES[type] : undefined;
  const content = format === undefined ? null : contentOf(secret, format.key);
  if (format === undefined || content === null) return [];
  return parseDockerConfig(content, { format: format.format, source });
}
