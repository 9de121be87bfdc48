import { type Credential, EMPTY_KEYRING, KEYRING_LIMITS, type Keyring } from '../credentials/credential.ts';
import {
  parseDockerConfigEntries,
  PULL_SECRET_TYPES,
  type DockerConfigFormat,
} from '../credentials/parse-docker-config.ts';
import { parseServerPattern } from '../credentials/server-pattern.ts';
import { isObject, property, stringOr, type JsonObject } from '../lib/json.ts';

const KIB = 1024;

function isTooLarge(text: string, encoding: 'utf8' | 'base64'): boolean {
  return Buffer.byteLength(text, encoding) > KEYRING_LIMITS.secretBytes;
}

/** Stands for the content above the limit, which is not even decoded. */
const TOO_LARGE = Symbol('too large');

/** Returns null for a Secret without the key. */
function contentOf(secret: JsonObject, key: string): string | typeof TOO_LARGE | null {
  const [data, plain] = ['data', 'stringData'].map((field) => property(secret, field));
  // Only manifests have stringData, and there it wins.
  const written = isObject(plain) ? property(plain, key) : undefined;
  if (typeof written === 'string') return isTooLarge(written, 'utf8') ? TOO_LARGE : written;
  const encoded = isObject(data) ? property(data, key) : undefined;
  if (typeof encoded !== 'string') return null;
  return isTooLarge(encoded, 'base64') ? TOO_LARGE : Buffer.from(encoded, 'base64').toString('utf8');
}

/** Keeps all keys without a wildcard, and the first ones with a wildcard. */
function boundPatterns(
  credentials: readonly Credential[],
  source: string,
): { readonly kept: readonly Credential[]; readonly shortfall: string | null } {
  const most = KEYRING_LIMITS.secretPatterns;
  const globs = credentials.filter(({ server }) => parseServerPattern(server)?.isGlob === true);
  if (globs.length <= most) return { kept: credentials, shortfall: null };
  const over = new Set(globs.slice(most));
  return {
    kept: credentials.filter((credential) => !over.has(credential)),
    shortfall: `${source} has ${globs.length} keys with a wildcard, and only the first ${most} were used`,
  };
}

function boundKeyring(content: string, format: DockerConfigFormat, source: string): Keyring {
  const maxEntries = KEYRING_LIMITS.secretEntries;
  const { credentials, entryCount } = parseDockerConfigEntries(content, { format, source, maxEntries });
  const { kept, shortfall } = boundPatterns(credentials, source);
  const isCut = entryCount > maxEntries;
  const cut = `${source} has ${entryCount} entries, and only the first ${maxEntries} were used`;
  return {
    credentials: kept,
    shortfalls: [...(isCut ? [cut] : []), ...(shortfall === null ? [] : [shortfall])],
  };
}

/**
 * Returns the credentials in a pull secret of either type, and none for a Secret of any other. Reports what exceeds the limits,
 * which count for each Secret alone.
 */
export function parseSecret(secret: JsonObject, source: string): Keyring {
  const type = stringOr(property(secret, 'type'), '');
  const format = Object.hasOwn(PULL_SECRET_TYPES, type) ? PULL_SECRET_TYPES[type] : undefined;
  const content = format === undefined ? null : contentOf(secret, format.key);
  if (format === undefined || content === null) return EMPTY_KEYRING;
  if (content === TOO_LARGE) {
    const shortfall = `${source} is larger than ${KEYRING_LIMITS.secretBytes / KIB} KiB and was not used`;
    return { credentials: [], shortfalls: [shortfall] };
  }
  return boundKeyring(content, format.format, source);
}
