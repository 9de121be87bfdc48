import type { Credential, CredentialSecret } from '../../../src/credentials/credential.ts';
import { parseReference, type Reference } from '../../../src/image/reference.ts';
import type { FetchOptions } from '../../../src/images/ports.ts';
import {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientDeps,
  type RegistryClientOptions,
} from '../../../src/registry/client.ts';
import { RegistryError } from '../../../src/registry/errors.ts';

/** Creates a client that may use plain HTTP for the given hosts and does not wait between attempts. */
export function createTestClient(
  hosts: readonly { readonly host: string }[],
  options: Partial<RegistryClientOptions> = {},
  deps: RegistryClientDeps = {},
): RegistryClient & AsyncDisposable {
  const client = createRegistryClient(
    { sleep: async () => undefined, ...deps },
    { plainHttp: hosts.map(({ host }) => host), allowAddresses: ['127.0.0.1'], ...options },
  );
  return { ...client, [Symbol.asyncDispose]: client.close };
}

/** Creates a client like that of `inspect`: plain HTTP on loopback, and real delays between attempts. */
export function createLocalClient(): RegistryClient {
  return createRegistryClient({}, { plainHttp: [], allowAddresses: [], allowLoopback: true });
}

export function fetchOptions(...credentials: readonly Credential[]): FetchOptions {
  return { credentials, tenant: 'team-a', signal: AbortSignal.timeout(60_000) };
}

/** Returns options for a request of another namespace, without credentials. */
export function fetchOptionsFor(tenant: string): FetchOptions {
  return { ...fetchOptions(), tenant };
}

export function imageAt(registry: { readonly host: string }, name: string): Reference {
  return parseReference(`${registry.host}/${name}`);
}

export function credentialFor(
  registry: { readonly host: string },
  secret: CredentialSecret,
  source = 'secret team-a/regcred',
): Credential {
  return { server: registry.host, secret, source };
}

/** Returns the RegistryError of a failed lookup; anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<RegistryError> {
  const outcome = await work.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof RegistryError) return outcome;
  throw outcome;
}
