import type { Credential, CredentialSecret } from '../credentials/credential.ts';
import { AppError } from '../lib/errors.ts';
import { isObject, property } from '../lib/json.ts';
import type { KeychainLimits } from './defaults.ts';
import { describeEnd, runProgram, type Environment } from './run-program.ts';

/** The one message by which every helper says that it has nothing (docker-credential-helpers, credentials/error.go). */
const NOT_FOUND = 'credentials not found in native keychain';

/** The user name that marks a refresh token (docker/cli, config/credentials/native_store.go). */
const TOKEN_USER = '<token>';

export interface HelperQuestion {
  /** What stands behind `docker-credential-`. */
  readonly helper: string;
  /** As the helper knows the registry. */
  readonly server: string;
  readonly env: Environment;
}

function failure({ helper, server }: HelperQuestion, state: string): AppError {
  return new AppError(
    'helper-failed',
    `Cannot get the login for "${server}": docker-credential-${helper} ${state}`,
    {
      advice: `Try it yourself: echo ${server} | docker-credential-${helper} get`,
    },
  );
}

function readSecret(stdout: string, question: HelperQuestion): CredentialSecret | null {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    throw failure(question, 'answers something else than JSON');
  }
  const [username, secret] = ['Username', 'Secret'].map((key) =>
    isObject(answer) ? property(answer, key) : undefined,
  );
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failure(question, 'answers without a user name and a secret');
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
export async function askHelper(
  question: HelperQuestion,
  registry: string,
  limits: KeychainLimits,
): Promise<Credential | null> {
  const { helper, server, env } = question;
  const program = `docker-credential-${helper}`;
  const output = await runProgram({ program, args: ['get'], stdin: server, env }, limits);
  if (output.code !== 0) {
    if (output.stdout.trim() === NOT_FOUND) return null;
    throw failure(question, describeEnd(output));
  }
  const secret = readSecret(output.stdout, question);
  return secret === null ? null : { server: registry, secret, source: program };
}
