import type { Credential } from '../credentials/credential.ts';
import { isObject, property } from '../lib/json.ts';
import { parseDuration } from '../lib/parse-duration.ts';

const CACHE_KEY_TYPES = ['Image', 'Registry', 'Global'] as const;

/** For which other images an answer is good: this repository, all of its registry, all that match the plugin. */
export type CacheKeyType = (typeof CACHE_KEY_TYPES)[number];

export interface ProviderResponse {
  readonly cacheKeyType: CacheKeyType;
  /** Null: the plugin's default. */
  readonly cacheMilliseconds: number | null;
  readonly credentials: readonly Credential[];
}

function readAuth(auth: unknown, source: string): readonly Credential[] | null {
  if (auth === undefined || auth === null) return [];
  if (!isObject(auth)) return null;
  const credentials: Credential[] = [];
  for (const [server, entry] of Object.entries(auth)) {
    const [username, password] = ['username', 'password'].map((key) =>
      isObject(entry) ? (property(entry, key) ?? '') : null,
    );
    if (typeof username !== 'string' || typeof password !== 'string') return null;
    // Either may be empty (k8s.io/kubelet/pkg/apis/credentialprovider/v1, `AuthConfig`).
    credentials.push({ server, secret: { kind: 'basic', username, password }, source, keyring: 'plugins' });
  }
  return credentials;
}

/** A `CredentialProviderResponse`; null where the text is none, or of another version than was asked in. */
export function parseProviderResponse(
  text: string,
  expected: { readonly apiVersion: string; readonly source: string },
): ProviderResponse | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(answer) || property(answer, 'apiVersion') !== expected.apiVersion) return null;
  if (property(answer, 'kind') !== 'CredentialProviderResponse') return null;
  const cacheKeyType = CACHE_KEY_TYPES.find((type) => type === property(answer, 'cacheKeyType'));
  const duration = property(answer, 'cacheDuration') ?? null;
  const milliseconds = typeof duration === 'string' ? parseDuration(duration) : null;
  const credentials = readAuth(property(answer, 'auth'), expected.source);
  const isOdd = duration !== null && milliseconds === null;
  if (cacheKeyType === undefined || credentials === null || isOdd) return null;
  return { cacheKeyType, cacheMilliseconds: milliseconds, credentials };
}
