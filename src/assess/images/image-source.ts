import { OPERATORS_CREDENTIALS, type Credential } from '../../credentials/credential.ts';
import { AppError } from '../../errors.ts';
import type { ImageFacts } from '../../image/image-facts.ts';
import { parseReference, type Reference } from '../../image/reference.ts';
import type { FetchOptions, KeychainPort, PullSecretsPort, RegistryPort } from '../ports.ts';
import type { ImageQuestion } from './image-answer.ts';
import { inspectImage } from './inspect-image.ts';

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

export function createImageSource({ registry, pullSecrets, keychain }: SourceDeps): ImageSource {
  async function credentialsFor(
    { image, namespace, pullSecrets: names }: ImageQuestion,
    signal: AbortSignal,
  ): Promise<readonly Credential[]> {
    const [own, lent] = await Promise.all([
      names.length === 0 ? [] : pullSecrets.read(namespace, names, signal),
      keychain?.credentialsFor(parseReference(image), signal) ?? [],
    ]);
    return [...own, ...lent.map((credential) => ({ ...credential, publicSource: OPERATORS_CREDENTIALS }))];
  }

  async function prepare(
    question: ImageQuestion,
    means: Means,
  ): Promise<FetchOptions & { readonly reference: Reference }> {
    const reference = parseReference(question.image);
    const credentials = await credentialsFor(question, means.signal);
    return { ...means, reference, credentials, tenant: question.namespace };
  }

  return {
    credentialsFor,
    read: async (question, means) => {
      const { namespace, pullSecrets: names, architectures } = question;
      const asking = await prepare(question, means);
      try {
        return await inspectImage(registry, { ...asking, architectures });
      } catch (error) {
        if (error instanceof AppError && error.code === 'unauthorized') pullSecrets.forget(namespace, names);
        throw error;
      }
    },
    isUnchanged: async (question, known, means) => {
      const { reference, ...options } = await prepare(question, means);
      return (await registry.resolveDigest(reference, options)) === known.digest;
    },
  };
}
