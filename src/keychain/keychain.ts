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
  /** Docker config files, in the order to try. */
  readonly dockerConfigs: readonly string[];
  /** The kubelet's plugins, if any. */
  readonly providers: ProviderFiles | undefined;
  /** The environment of helpers and plugins. */
  readonly env: Environment;
  readonly limits?: Partial<KeychainLimits>;
}

/** Warns at start about unreadable files. That is not fatal: the Secret that a file is mounted from may come later. */
export async function warnAboutUnreadableConfigs(
  dockerConfigs: readonly string[],
  logger: Logger,
): Promise<void> {
  const faults = await Promise.all(dockerConfigs.map(findDockerConfigFault));
  for (const fault of faults.filter((found) => found !== null)) {
    const advice = 'wasmgate reads images without its logins until registry.dockerConfig is readable.';
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
 * Loads the credentials that nodes have in addition to pull secrets, in the kubelet's order: Docker configs, then plugins.
 * @throws AppError if the plugins' configuration is unusable
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
      // A late program does not delay the lookup; its result is cached for the next one.
      const found = parts.map((part) => raceAbort(part.credentialsFor(reference, signal), signal, () => []));
      return (await Promise.all(found)).flat();
    },
  };
}
