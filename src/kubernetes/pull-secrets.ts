import {
  EMPTY_KEYRING,
  joinKeyrings,
  estimateCredentialBytes,
  type Keyring,
} from '../credentials/credential.ts';
import type { UnknownReason } from '../detect/verdict.ts';
import type { PullSecretsPort } from '../images/ports.ts';
import { AppError } from '../lib/errors.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { createSingleFlightCache } from '../lib/single-flight.ts';
import { isObjectName } from '../pod/object-metadata.ts';
import { MAX_PULL_SECRETS, pullSecretNames } from '../pod/pull-secret-names.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import { isKubernetesError, type KubernetesErrorCode } from './kubernetes-error.ts';
import { parseSecret } from './parse-secret.ts';

export const PULL_SECRET_DEFAULTS = {
  /** Long enough for the Pods of one rollout, short enough that a rotated password works at the next attempt. */
  ttlMilliseconds: 60_000,
  /** Most pull secrets hold a few hundred bytes. */
  maxEntries: 512,
  /** Memory for all: a secret's author chooses how long its logins are. */
  maxBytes: 8 * 1024 * 1024,
  maxNames: MAX_PULL_SECRETS,
  /** The ClusterRole in the manifests, bound cluster-wide or per namespace. */
  role: 'wasmgate-pull-secrets',
} as const;

export type PullSecretsOptions = {
  readonly [Key in Exclude<keyof typeof PULL_SECRET_DEFAULTS, 'role'>]?: number;
} & { readonly role?: string };

/** Reads pull secrets by name only. Uses the two types that the kubelet accepts and ignores all others. */
export function createPullSecrets(
  deps: { readonly client: KubernetesClient },
  options: PullSecretsOptions = {},
): PullSecretsPort {
  const { maxNames, role, ...kept } = { ...PULL_SECRET_DEFAULTS, ...options };
  const keyrings = createSingleFlightCache<Keyring>(kept, ({ credentials }) =>
    estimateCredentialBytes(credentials),
  );

  /** Callers share this read: their signals do not end it, the client's own timeout does. */
  function readShared(namespace: string, name: string): Promise<Keyring> {
    return keyrings.get(`${namespace}/${name}`, () => readSecret(deps.client, { namespace, name, role }));
  }

  /** Leaves out invalid names: no such Secret can exist. */
  function readable(namespace: string, names: readonly string[]): readonly string[] {
    return isObjectName(namespace) ? pullSecretNames(names, maxNames) : [];
  }

  return {
    read: async (namespace, names, signal) => {
      const reading = Promise.all(readable(namespace, names).map((name) => readShared(namespace, name)));
      // The caller's wait ends with its signal; the read continues and fills the cache for the next attempt.
      return joinKeyrings(await raceAbort(reading, signal, timedOut));
    },
    forget: (namespace, names) => {
      for (const name of readable(namespace, names)) keyrings.forget(`${namespace}/${name}`);
    },
  };
}

interface SecretName {
  readonly namespace: string;
  readonly name: string;
  readonly role: string;
}

async function readSecret(client: KubernetesClient, secret: SecretName): Promise<Keyring> {
  const { namespace, name } = secret;
  const path = namespacePath(namespace, 'secrets', name);
  const action = `read pull secret "${namespace}/${name}"`;
  try {
    const signal = new AbortController().signal;
    return parseSecret(await client.request({ action, path }, signal), `secret ${namespace}/${name}`);
  } catch (error) {
    if (isKubernetesError(error, 'not-found')) return EMPTY_KEYRING;
    throw toFailure(error, secret);
  }
}

const REASONS: Partial<Record<KubernetesErrorCode, UnknownReason>> = {
  unauthorized: 'unauthorized',
  forbidden: 'unauthorized',
  timeout: 'timeout',
  tls: 'tls',
  'too-many-requests': 'rate-limited',
  'too-large': 'too-large',
  invalid: 'invalid',
  'invalid-response': 'invalid',
};

function toFailure(error: unknown, { namespace, role }: SecretName): unknown {
  if (!isKubernetesError(error)) {
    // A Docker config that does not parse. The message names the secret and quotes nothing of it.
    if (!(error instanceof AppError)) return error;
    return new AppError<UnknownReason>(
      'invalid',
      error.message,
      error.advice === null ? {} : { advice: error.advice },
    );
  }
  const advice =
    error.code === 'forbidden'
      ? `Let wasmgate read pull secrets here: bind ClusterRole ${role} to its ServiceAccount with a RoleBinding in namespace ${namespace}.`
      : error.advice;
  return new AppError<UnknownReason>(REASONS[error.code] ?? 'unreachable', error.message, {
    cause: error,
    ...(advice === null ? {} : { advice }),
  });
}

function timedOut(): never {
  throw new AppError<UnknownReason>('timeout', 'Cannot read pull secrets: timed out');
}
