import {
  OPERATORS_CREDENTIALS,
  type Credential,
  EMPTY_KEYRING,
  type Keyring,
} from '../credentials/credential.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import { AppError } from '../lib/errors.ts';
import { oncePer } from '../lib/once-per.ts';
import type { ImageQuestion } from './image-answer.ts';
import { inspectImage } from './inspect-image.ts';
import { nameShortfalls } from './name-shortfalls.ts';
import type { FetchOptions, KeychainPort, PullSecretsPort, RegistryPort } from './ports.ts';

export interface SourceDeps {
  readonly registry: RegistryPort;
  readonly pullSecrets: PullSecretsPort;
  /** Absent where the operator lends no credentials. */
  readonly keychain?: KeychainPort | undefined;
}

type Means = Omit<FetchOptions, 'credentials' | 'tenant'>;

/** The registry, asked as the kubelet would ask it for a Pod. */
export interface ImageSource {
  /** As the kubelet orders them: the Pod's, the node's, and anonymous access after all. */
  readonly credentialsFor: (question: ImageQuestion, signal: AbortSignal) => Promise<readonly Credential[]>;
  /** @throws RegistryFailure */
  readonly read: (question: ImageQuestion, means: Means) => Promise<ImageFacts>;
  /** Whether a tag still stands for what it did, by a HEAD, which is no pull. @throws RegistryFailure */
  readonly isUnchanged: (question: ImageQuestion, known: ImageFacts, means: Means) => Promise<boolean>;
}

/** One object for each credential, so that what is computed of it is computed once. */
const asLent = oncePer((credential: Credential): Credential => ({
  keyring: 'node',
  ...credential,
  publicSource: OPERATORS_CREDENTIALS,
}));

type Prepared = FetchOptions & { readonly reference: Reference };

export function createImageSource({ registry, pullSecrets, keychain }: SourceDeps): ImageSource {
  async function keyringFor(
    { image, namespace, pullSecrets: names }: ImageQuestion,
    signal: AbortSignal,
  ): Promise<Keyring> {
    const [own, lent] = await Promise.all([
      names.length === 0 ? EMPTY_KEYRING : pullSecrets.read(namespace, names, signal),
      keychain?.credentialsFor(parseReference(image), signal) ?? [],
    ]);
    return { ...own, credentials: [...own.credentials, ...lent.map(asLent)] };
  }

  async function ask<Result>(
    question: ImageQuestion,
    means: Means,
    work: (prepared: Prepared) => Promise<Result>,
  ): Promise<Result> {
    const { credentials, shortfalls } = await keyringFor(question, means.signal);
    try {
      const reference = parseReference(question.image);
      return await work({ ...means, reference, credentials, tenant: question.namespace });
    } catch (error) {
      throw nameShortfalls(error, question, shortfalls);
    }
  }

  return {
    credentialsFor: async (question, signal) => (await keyringFor(question, signal)).credentials,
    read: async (question, means) => {
      const { namespace, pullSecrets: names, architectures } = question;
      try {
        return await ask(question, means, (prepared) =>
          inspectImage(registry, { ...prepared, architectures }),
        );
      } catch (error) {
        if (error instanceof AppError && error.code === 'unauthorized') pullSecrets.forget(namespace, names);
        throw error;
      }
    },
    isUnchanged: (question, known, means) =>
      ask(
        question,
        means,
        async ({ reference, ...options }) =>
          (await registry.resolveDigest(reference, options)) === known.digest,
      ),
  };
}
