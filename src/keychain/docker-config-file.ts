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
import { isMissing, readText } from '../files/read-text.ts';
import type { KeychainPort } from '../images/ports.ts';
import { describeError, AppError } from '../lib/errors.ts';
import { isObject, property } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { createSingleFlightCache } from '../lib/single-flight.ts';
import { KEYCHAIN_LIMITS, type KeychainLimits } from './keychain-limits.ts';
import { logFailure } from './log-failure.ts';
import { type Environment, describeEnd, runProgram } from './run-program.ts';

export interface DockerConfigOptions {
  readonly file: string;
  /** Of the helpers; PATH says where they are. */
  readonly env: Environment;
  readonly limits?: Partial<KeychainLimits>;
}

interface DockerConfig {
  readonly credentials: readonly Credential[];
  readonly helpers: CredentialHelpers;
}

/** Read anew each time the answer has grown old: `docker login` and mounted Secrets change it. */
async function readConfig(file: string): Promise<DockerConfig> {
  const text = await readText({ path: file, what: 'docker config' });
  const credentials = parseDockerConfig(text, { format: 'dockerconfigjson', source: file });
  return { credentials, helpers: parseCredentialHelpers(text, file) };
}

/** Why the file cannot be used as it is now; null where it can. */
export async function findDockerConfigFault(file: string): Promise<unknown> {
  try {
    await readConfig(file);
    return null;
  } catch (error) {
    return error;
  }
}

/**
 * A docker config file: what the helper for the registry keeps, then the file's own entries. Docker itself looks at these
 * only where no helper is named; a second try costs nothing where the first is let in.
 */
export function createDockerConfigFile(
  deps: { readonly logger: Logger },
  { file, env, limits: given }: DockerConfigOptions,
): KeychainPort {
  const limits: KeychainLimits = { ...KEYCHAIN_LIMITS, ...given };
  const { ttlMilliseconds, cacheEntries: maxEntries, cacheBytes: maxBytes } = limits;
  const kept = { ttlMilliseconds, maxEntries, maxBytes };
  const configs = createSingleFlightCache<DockerConfig>(kept, ({ credentials }) =>
    estimateCredentialBytes(credentials),
  );
  const logins = createSingleFlightCache<Credential | null>(kept, (login) =>
    estimateCredentialBytes(login === null ? [] : [login]),
  );

  /** The last that could be read: a file with a slip in it takes nobody's logins away, one that is gone does. */
  let last: DockerConfig | null = null;

  async function currentConfig(registry: string): Promise<DockerConfig> {
    try {
      last = await configs.get(file, () => readConfig(file));
    } catch (error) {
      if (isMissing(error)) last = null;
      if (last === null) throw error;
      const advice = 'Until it can be read, the logins count that it had before.';
      deps.logger.warn({ registry, advice }, describeError(error));
    }
    return last;
  }

  async function loginFor(registry: string, helpers: CredentialHelpers): Promise<readonly Credential[]> {
    const chosen = chooseHelper(helpers, registry);
    if (chosen === null) return [];
    try {
      const key = `${chosen.helper} ${chosen.server}`;
      const login = await logins.get(key, () => getFromHelper({ ...chosen, env }, registry, limits));
      return login === null ? [] : [login];
    } catch (error) {
      logFailure(deps.logger, error, { registry });
      return [];
    }
  }

  return {
    credentialsFor: async ({ registry }) => {
      try {
        const { credentials, helpers } = await currentConfig(registry);
        return [...(await loginFor(registry, helpers)), ...credentials];
      } catch (error) {
        logFailure(deps.logger, error, { registry });
        return [];
      }
    },
  };
}

/** The one message by which every helper says that it has nothing (docker-credential-helpers, credentials/error.go). */
const NOT_FOUND = 'credentials not found in native keychain';

/** The user name that marks a refresh token (docker/cli, config/credentials/native_store.go). */
const TOKEN_USER = '<token>';

export interface HelperCall {
  /** What stands behind `docker-credential-`. */
  readonly helper: string;
  /** As the helper knows the registry. */
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
    throw failure(call, 'answers something else than JSON');
  }
  const [username, secret] = ['Username', 'Secret'].map((key) =>
    isObject(answer) ? property(answer, key) : undefined,
  );
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failure(call, 'answers without a user name and a secret');
  }
  if (username === TOKEN_USER) return { kind: 'identity-token', token: secret };
  return username === '' && secret === '' ? null : { kind: 'basic', username, password: secret };
}

/**
 * The login that a credential helper keeps, by docker's protocol: `get`, the server on standard input, JSON back. Null
 * where it keeps none.
 * @param registry as references name it
 * @throws AppError in which nothing of what the helper said stands
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
