import {
  EMPTY_KEYRING,
  OPERATORS_CREDENTIALS,
  type Credential,
  type Keyring,
} from '../credentials/credential.ts';
import type { UnknownReason } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import { AppError, describeError } from '../lib/errors.ts';
import { oncePer } from '../lib/once-per.ts';
import type { ImageRequest } from './image-result.ts';
import { inspectImage } from './inspect-image.ts';
import type { FetchOptions, KeychainPort, PullSecretsPort, RegistryPort } from './ports.ts';

export interface SourceDeps {
  readonly registry: RegistryPort;
  readonly pullSecrets: PullSecretsPort;
  /** Absent if the operator configures no credentials. */
  readonly keychain?: KeychainPort | undefined;
}

type ReadOptions = Omit<FetchOptions, 'credentials' | 'tenant'>;

/** The registry, with the credentials that the kubelet would use for a Pod. */
export interface ImageSource {
  /** Returns credentials in the kubelet's order: the Pod's, then the node's. Anonymous access comes last. */
  readonly credentialsFor: (request: ImageRequest, signal: AbortSignal) => Promise<readonly Credential[]>;
  /** @throws RegistryFailure */
  readonly read: (request: ImageRequest, options: ReadOptions) => Promise<ImageFacts>;
  /** Checks by HEAD, which does not count as a pull, whether a tag still has the same digest. @throws RegistryFailure */
  readonly isUnchanged: (request: ImageRequest, known: ImageFacts, options: ReadOptions) => Promise<boolean>;
}

/** Returns the same object for each credential, so that values derived from it are cached. */
const asOperators = oncePer((credential: Credential): Credential => ({
  keyring: 'node',
  ...credential,
  publicSource: OPERATORS_CREDENTIALS,
}));

/** Failures that credentials could prevent: registries hide private repositories behind 404. */
const MAY_NEED_CREDENTIALS: ReadonlySet<string> = new Set(['unauthorized', 'not-found']);

const SHORTFALL_ADVICE = 'In its pull secrets, keep only the entries for registries that this Pod uses.';

/** Returns the part of a registry's failure that does not repeat the image. */
function stateOf(error: AppError): string {
  return 'state' in error && typeof error.state === 'string' ? error.state : describeError(error);
}

/**
 * Returns the failure as `unauthorized`, with the bound that a pull secret exceeded, if the credentials left out could have
 * prevented it; otherwise the failure unchanged. The bound comes first: the API server truncates long warnings.
 */
function addShortfalls(error: unknown, image: string, [first, ...more]: readonly string[]): unknown {
  if (first === undefined || !(error instanceof AppError) || !MAY_NEED_CREDENTIALS.has(error.code))
    return error;
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const message = `Cannot read image "${image}": ${first}${others}; ${stateOf(error)}`;
  return new AppError<UnknownReason>('unauthorized', message, { advice: SHORTFALL_ADVICE });
}

export function createImageSource({ registry, pullSecrets, keychain }: SourceDeps): ImageSource {
  async function keyringFor(
    { image, namespace, pullSecrets: names }: ImageRequest,
    signal: AbortSignal,
  ): Promise<Keyring> {
    const [own, operators] = await Promise.all([
      names.length === 0 ? EMPTY_KEYRING : pullSecrets.read(namespace, names, signal),
      keychain?.credentialsFor(parseReference(image), signal) ?? [],
    ]);
    return { ...own, credentials: [...own.credentials, ...operators.map(asOperators)] };
  }

  async function withCredentials<Result>(
    { image, ...request }: ImageRequest,
    options: ReadOptions,
    work: (reference: Reference, options: FetchOptions) => Promise<Result>,
  ): Promise<Result> {
    const { credentials, shortfalls } = await keyringFor({ image, ...request }, options.signal);
    try {
      return await work(parseReference(image), { ...options, credentials, tenant: request.namespace });
    } catch (error) {
      throw addShortfalls(error, image, shortfalls);
    }
  }

  return {
    credentialsFor: async (request, signal) => (await keyringFor(request, signal)).credentials,
    read: async (request, options) => {
      const { namespace, pullSecrets: names, architectures } = request;
      try {
        return await withCredentials(request, options, (reference, fetchOptions) =>
          inspectImage(registry, { ...fetchOptions, reference, architectures }),
        );
      } catch (error) {
        if (error instanceof AppError && error.code === 'unauthorized') pullSecrets.forget(namespace, names);
        throw error;
      }
    },
    isUnchanged: (request, known, options) =>
      withCredentials(
        request,
        options,
        async (reference, fetchOptions) =>
          (await registry.resolveDigest(reference, fetchOptions)) === known.digest,
      ),
  };
}
