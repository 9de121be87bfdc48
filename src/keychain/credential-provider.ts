import { LRUCache } from 'lru-cache';
import { type Credential, estimateCredentialBytes } from '../credentials/credential.ts';
import { matchesServer, parseServerPattern, type ServerPattern } from '../credentials/server-pattern.ts';
import type { Reference } from '../image/reference.ts';
import type { KeychainPort } from '../images/ports.ts';
import { AppError } from '../lib/errors.ts';
import { isObject, property } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { parseDuration } from '../lib/parse-duration.ts';
import { createSingleFlight } from '../lib/single-flight.ts';
import { KEYCHAIN_LIMITS, type KeychainLimits } from './keychain-limits.ts';
import { createLogFailure } from './log-failure.ts';
import type { CredentialProvider } from './provider-config.ts';
import { describeEnd, runProgram, type Environment } from './run-program.ts';

export interface CredentialProviderOptions {
  readonly provider: CredentialProvider;
  /** The plugin's own variables override it. */
  readonly env: Environment;
  readonly limits?: Partial<KeychainLimits>;
}

/** Plugins get the image without tag and digest. */
function imageOf({ registry, repository }: Reference): string {
  return `${registry}/${repository}`;
}

/** The cache key for all images. No registry has this name, because it has neither dot nor port. */
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
    output.code === 0 ? `returned no CredentialProviderResponse of ${apiVersion}` : describeEnd(output);
  throw new AppError('plugin-failed', `Cannot get credentials for "${image}": plugin ${name} ${state}`, {
    // Arguments and variables may hold secrets, so the advice leaves them out. An image name cannot contain a quote.
    advice: `Try it with its configured arguments and variables: echo '${stdin}' | ${program}`,
  });
}

/**
 * Matches, runs and caches one of the kubelet's credential-provider plugins as the kubelet does
 * (pkg/credentialprovider/plugin/plugin.go, `provide`). Equal concurrent requests run it once. The response says for which
 * images it is cached, and for how long; the default comes from the configuration.
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
  const runOnce = createSingleFlight<readonly Credential[]>();
  const logFailure = createLogFailure(deps.logger);

  async function runAndCache(reference: Reference): Promise<readonly Credential[]> {
    const { cacheKeyType, cacheMilliseconds, credentials } = await runPlugin(
      options,
      imageOf(reference),
      limits,
    );
    const ttl = cacheMilliseconds ?? provider.defaultCacheMilliseconds;
    // 0 means forever to lru-cache, but never to plugins.
    if (ttl > 0)
      cache.set(cacheKey(cacheKeyType, reference), credentials, { ttl: Math.max(1, Math.floor(ttl)) });
    return credentials;
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
        return await runOnce(imageOf(reference), () => runAndCache(reference));
      } catch (error) {
        logFailure(error, registry);
        return [];
      }
    },
  };
}

const CACHE_KEY_TYPES = ['Image', 'Registry', 'Global'] as const;

/** The images that a response applies to: this repository, its registry, or all that match the plugin. */
export type CacheKeyType = (typeof CACHE_KEY_TYPES)[number];

export interface ProviderResponse {
  readonly cacheKeyType: CacheKeyType;
  /** Null for the configured default. */
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

/** Parses a `CredentialProviderResponse`; null if it is invalid or not of the requested version. */
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
