import type { KeychainPort } from '../images/ports.ts';
import { joinErrors, errorsIn } from '../lib/collect-errors.ts';
import { describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { createCredentialProvider } from './credential-provider.ts';
import { createDockerConfigFile, findDockerConfigFault } from './docker-config-file.ts';
import type { KeychainLimits } from './keychain-limits.ts';
import { loadProviders, type CredentialProvider, type ProviderFiles } from './provider-config.ts';
import type { Environment } from './run-program.ts';

export interface KeychainOptions {
  /** Docker config files, in the order to look. */
  readonly dockerConfigs: readonly string[];
  /** The kubelet's plugins; undefined: none. */
  readonly providers: ProviderFiles | undefined;
  /** Of helpers and plugins. */
  readonly env: Environment;
  readonly limits?: Partial<KeychainLimits>;
}

/** Said once at start, and no reason not to: the Secret that such a file is mounted from may come later. */
export async function warnAboutUnreadableConfigs(
  dockerConfigs: readonly string[],
  logger: Logger,
): Promise<void> {
  const faults = await Promise.all(dockerConfigs.map(findDockerConfigFault));
  for (const fault of faults.filter((found) => found !== null)) {
    const advice = 'Images are asked for without its logins until registry.dockerConfig can be read.';
    logger.warn({ advice }, describeError(fault));
  }
}

async function loadPlugins(providers: ProviderFiles): Promise<readonly CredentialProvider[]> {
  try {
    return await loadProviders(providers);
  } catch (error) {
    const faults = errorsIn(error);
    throw faults === null ? error : joinErrors('use the credential providers', faults);
  }
}

/**
 * What nodes know beside a Pod's pull secrets, in the kubelet's order: docker configs, then plugins.
 * @throws AppError where the plugins' configuration cannot be used
 */
export async function loadKeychain(
  deps: { readonly logger: Logger },
  { dockerConfigs, providers, ...shared }: KeychainOptions,
): Promise<KeychainPort> {
  const plugins = providers === undefined ? [] : await loadPlugins(providers);
  const parts = [
    ...dockerConfigs.map((file) => createDockerConfigFile(deps, { file, ...shared })),
    ...plugins.map((provider) => createCredentialProvider(deps, { provider, ...shared })),
  ];
  return {
    credentialsFor: async (reference, signal) => {
      // Whatever is late is no longer wanted; its program ends in its own time and is there for the next one who asks.
      const asked = parts.map((part) => raceAbort(part.credentialsFor(reference, signal), signal, () => []));
      return (await Promise.all(asked)).flat();
    },
  };
}
