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

/** A client that may ask the test's registries over plain http, and does not really wait between tries. */
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

/** A client as `inspect` has it: registries on this machine may be asked over plain http, and waits are real. */
export function createLocalClient(): RegistryClient {
  return createRegistryClient({}, { plainHttp: [], allowAddresses: [], allowLoopback: true });
}

export function asking(...credentials: readonly Credential[]): FetchOptions {
  return { credentials, tenant: 'team-a', signal: AbortSignal.timeout(60_000) };
}

/** Asks on behalf of another namespace, without a login. */
export function askingFor(tenant: string): FetchOptions {
  return { ...asking(), tenant };
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

/** What a look-up failed with; anything but a RegistryError fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<RegistryError> {
  const outcome = await work.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof RegistryError) return outcome;
  throw outcome;
}
