import {
  type Credential,
  type CredentialSecret,
  estimateCredentialBytes,
} from '../credentials/credential.ts';
import {
  chooseHelper,
  parseCredentialHelpers,
  type CredentialHelpers,
} from '../credentials/parse-credential-helpers.ts';
import { parseDockerConfig } from '../credentials/parse-docker-config.ts';
import { readText } from '../files/read-text.ts';
import type { KeychainPort } from '../images/ports.ts';
import { AppError } from '../lib/errors.ts';
import { isObject, property } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { createSingleFlightCache } from '../lib/single-flight.ts';
import { KEYCHAIN_LIMITS, type KeychainLimits } from './keychain-limits.ts';
import { createLogFailure } from './log-failure.ts';
import { type Environment, describeEnd, runProgram } from './run-program.ts';

/** What a Docker config file holds. */
export interface DockerConfig {
  readonly credentials: readonly Credential[];
  readonly helpers: CredentialHelpers;
}

/** @throws AppError if the file is unusable */
export async function readDockerConfig(
  path: string,
  read: typeof readText = readText,
): Promise<DockerConfig> {
  const text = await read({ path, what: 'Docker config' });
  const credentials = parseDockerConfig(text, { format: 'dockerconfigjson', source: path });
  return { credentials, helpers: parseCredentialHelpers(text, path) };
}

interface DockerConfigOptions {
  readonly config: DockerConfig;
  /** The environment of the helpers, which are found by its PATH. */
  readonly env: Environment;
  readonly limits?: Partial<KeychainLimits>;
}

/**
 * Returns the credentials of a Docker config file: the registry's helper's login, then the file's own entries. Docker reads
 * these only if no helper is configured, but trying them costs nothing if the helper's login works.
 */
export function createDockerLogins(
  deps: { readonly logger: Logger },
  { config: { credentials, helpers }, env, limits: given }: DockerConfigOptions,
): KeychainPort {
  const limits: KeychainLimits = { ...KEYCHAIN_LIMITS, ...given };
  const { ttlMilliseconds, cacheEntries: maxEntries, cacheBytes: maxBytes } = limits;
  const logins = createSingleFlightCache<Credential | null>(
    { ttlMilliseconds, maxEntries, maxBytes },
    (login) => estimateCredentialBytes(login === null ? [] : [login]),
  );
  const logFailure = createLogFailure(deps.logger);

  async function loginFor(registry: string): Promise<readonly Credential[]> {
    const chosen = chooseHelper(helpers, registry);
    if (chosen === null) return [];
    try {
      const key = `${chosen.helper} ${chosen.server}`;
      const login = await logins.get(key, () => getFromHelper({ ...chosen, env }, registry, limits));
      return login === null ? [] : [login];
    } catch (error) {
      logFailure(error, registry);
      return [];
    }
  }

  return {
    credentialsFor: async ({ registry }) => [...(await loginFor(registry)), ...credentials],
  };
}

/** Every helper's message for a missing login (docker-credential-helpers, credentials/error.go). */
const NOT_FOUND = 'credentials not found in native keychain';

/** The user name that marks a refresh token (docker/cli, config/credentials/native_store.go). */
const TOKEN_USER = '<token>';

export interface HelperCall {
  /** The program's name without `docker-credential-`. */
  readonly helper: string;
  /** The helper's name of the registry. */
  readonly server: string;
  readonly env: Environment;
}

function failure({ helper, server }: HelperCall, state: string): AppError {
  return new AppError(
    'helper-failed',
    `Cannot get the login for "${server}": docker-credential-${helper} ${state}`,
    {
      advice: `Try it yourself: echo ${server} | docker-credential-${helper} get`,
    },
  );
}

function readSecret(stdout: string, call: HelperCall): CredentialSecret | null {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    throw failure(call, 'returned no JSON');
  }
  const [username, secret] = ['Username', 'Secret'].map((key) =>
    isObject(answer) ? property(answer, key) : undefined,
  );
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failure(call, 'returned no user name and secret');
  }
  if (username === TOKEN_USER) return { kind: 'identity-token', token: secret };
  return username === '' && secret === '' ? null : { kind: 'basic', username, password: secret };
}

/**
 * Gets a login from a credential helper by docker's protocol: `get`, the server on standard input, JSON on standard output.
 * Null if it has none.
 * @param registry as in image references
 * @throws AppError that quotes none of the helper's output
 */
async function getFromHelper(
  call: HelperCall,
  registry: string,
  limits: KeychainLimits,
): Promise<Credential | null> {
  const { helper, server, env } = call;
  const program = `docker-credential-${helper}`;
  const output = await runProgram({ program, args: ['get'], stdin: server, env }, limits);
  if (output.code !== 0) {
    if (output.stdout.trim() === NOT_FOUND) return null;
    throw failure(call, describeEnd(output));
  }
  const secret = readSecret(output.stdout, call);
  return secret === null ? null : { server: registry, secret, source: program };
}
