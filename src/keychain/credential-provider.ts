import { LRUCache } from 'lru-cache';
import { type Credential, estimateCredentialBytes } from '../credentials/credential.ts';
import { matchesServer, parseServerPattern, type ServerPattern } from '../credentials/server-pattern.ts';
import type { Reference } from '../image/reference.ts';
import type { KeychainPort } from '../images/ports.ts';
import { AppError } from '../lib/errors.ts';
import { isObject, property } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { parseDuration } from '../lib/parse-duration.ts';
import { KEYCHAIN_LIMITS, type KeychainLimits } from './keychain-limits.ts';
import { logFailure } from './log-failure.ts';
import type { CredentialProvider } from './provider-config.ts';
import { describeEnd, runProgram, type Environment } from './run-program.ts';

export interface CredentialProviderOptions {
  readonly provider: CredentialProvider;
  /** The plugin's own variables are laid over it. */
  readonly env: Environment;
  readonly limits?: Partial<KeychainLimits>;
}

/** What plugins are asked about: without tag and digest. */
function imageOf({ registry, repository }: Reference): string {
  return `${registry}/${repository}`;
}

/** No registry is called so: it has neither dot nor port, and a reference would take it for a repository. */
const GLOBAL = 'global';

function cacheKey(type: CacheKeyType, reference: Reference): string {
  switch (type) {
    case 'Image':
      return imageOf(reference);
    case 'Registry':
      return reference.registry;
    case 'Global':
      return GLOBAL;
  }
}

async function runPlugin(
  { provider, env }: CredentialProviderOptions,
  image: string,
  limits: KeychainLimits,
): Promise<ProviderResponse> {
  const { name, program, args, apiVersion } = provider;
  const stdin = JSON.stringify({ kind: 'CredentialProviderRequest', apiVersion, image });
  const output = await runProgram({ program, args, stdin, env: { ...env, ...provider.env } }, limits);
  const response =
    output.code === 0 ? parseProviderResponse(output.stdout, { apiVersion, source: `plugin ${name}` }) : null;
  if (response !== null) return response;
  const state =
    output.code === 0 ? `answers no CredentialProviderResponse of ${apiVersion}` : describeEnd(output);
  throw new AppError('plugin-failed', `Cannot get credentials for "${image}": plugin ${name} ${state}`, {
    // Those may hold a secret, and so are not repeated here; the name of an image holds no quote, whoever chose it.
    advice: `Try it yourself, with the arguments and variables of its configuration: echo '${stdin}' | ${program}`,
  });
}

/**
 * One of the kubelet's credential-provider plugins, matched, asked and cached as the kubelet does it
 * (pkg/credentialprovider/plugin/plugin.go, `provide`): equal questions in flight are asked once, and answers are kept for
 * the image, the registry or everything, as long as they say, or as the configuration says where they do not.
 */
export function createCredentialProvider(
  deps: { readonly logger: Logger },
  options: CredentialProviderOptions,
): KeychainPort {
  const { provider } = options;
  const limits: KeychainLimits = { ...KEYCHAIN_LIMITS, ...options.limits };
  const patterns = provider.matchImages.flatMap((text) => parseServerPattern(text) ?? []);
  const cache = new LRUCache<string, readonly Credential[]>({
    max: limits.cacheEntries,
    maxSize: limits.cacheBytes,
    sizeCalculation: (credentials, key) => key.length + estimateCredentialBytes(credentials),
  });
  const flights = new Map<string, Promise<readonly Credential[]>>();

  async function runAndCache(reference: Reference): Promise<readonly Credential[]> {
    const { cacheKeyType, cacheMilliseconds, credentials } = await runPlugin(
      options,
      imageOf(reference),
      limits,
    );
    const ttl = cacheMilliseconds ?? provider.defaultCacheMilliseconds;
    // To lru-cache 0 means for ever, to plugins not at all.
    if (ttl > 0)
      cache.set(cacheKey(cacheKeyType, reference), credentials, { ttl: Math.max(1, Math.floor(ttl)) });
    return credentials;
  }

  async function fly(reference: Reference): Promise<readonly Credential[]> {
    const image = imageOf(reference);
    const running = flights.get(image) ?? runAndCache(reference);
    flights.set(image, running);
    try {
      return await running;
    } finally {
      flights.delete(image);
    }
  }

  return {
    credentialsFor: async (reference) => {
      const { registry, repository } = reference;
      const target = parseServerPattern(registry);
      const isMatch = (pattern: ServerPattern): boolean =>
        target !== null && matchesServer(pattern, target, repository);
      if (!patterns.some(isMatch)) return [];
      const types = ['Image', 'Registry', 'Global'] as const;
      const known = types
        .map((type) => cache.get(cacheKey(type, reference)))
        .find((kept) => kept !== undefined);
      if (known !== undefined) return known;
      try {
        return await fly(reference);
      } catch (error) {
        logFailure(deps.logger, error, { registry });
        return [];
      }
    },
  };
}

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
function parseProviderResponse(
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
