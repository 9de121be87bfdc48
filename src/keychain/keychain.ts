import type { KeychainPort } from '../images/ports.ts';
import { joinErrors, errorsIn } from '../lib/collect-errors.ts';
import { describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { raceAbort } from '../lib/race-abort.ts';
import { createCredentialProvider } from './credential-provider.ts';
import { createDockerLogins, readDockerConfig, type DockerConfig } from './docker-config-file.ts';
import type { KeychainLimits } from './keychain-limits.ts';
import { loadProviders, type CredentialProvider, type ProviderFiles } from './provider-config.ts';
import type { Environment } from './run-program.ts';

interface KeychainOptions {
  /** In the order to try. */
  readonly dockerConfigs: readonly DockerConfig[];
  /** The kubelet's plugins. */
  readonly plugins: readonly CredentialProvider[];
  /** The environment of helpers and plugins. */
  readonly env: Environment;
  readonly limits?: Partial<KeychainLimits>;
}

type KeychainFiles = Omit<KeychainOptions, 'dockerConfigs' | 'plugins'> & {
  /** Docker config files, in the order to try. */
  readonly dockerConfigs: readonly string[];
  /** The files that configure the plugins, if any. */
  readonly providers: ProviderFiles | undefined;
};

async function loadPlugins(providers: ProviderFiles): Promise<readonly CredentialProvider[]> {
  try {
    return await loadProviders(providers);
  } catch (error) {
    const faults = errorsIn(error);
    throw faults === null ? error : joinErrors('use the credential providers', faults);
  }
}

/** Warns about an unusable Docker config, and goes on without it, as a node does. */
async function loadDockerConfig(file: string, logger: Logger): Promise<readonly DockerConfig[]> {
  try {
    return [await readDockerConfig(file)];
  } catch (error) {
    const faults = errorsIn(error);
    if (faults === null) throw error;
    for (const fault of faults) logger.warn({ advice: fault.advice }, describeError(fault));
    return [];
  }
}

/** Reads the files for a command. @throws AppError if the plugins' configuration is unusable */
export async function loadKeychain(
  deps: { readonly logger: Logger },
  { dockerConfigs: files, providers, ...shared }: KeychainFiles,
): Promise<KeychainPort> {
  const dockerConfigs = await Promise.all(files.map((file) => loadDockerConfig(file, deps.logger)));
  const plugins = providers === undefined ? [] : await loadPlugins(providers);
  return createKeychain(deps, { dockerConfigs: dockerConfigs.flat(), plugins, ...shared });
}

/** Creates the credentials that nodes have in addition to pull secrets, in the kubelet's order: Docker configs, then plugins. */
export function createKeychain(
  deps: { readonly logger: Logger },
  { dockerConfigs, plugins, ...shared }: KeychainOptions,
): KeychainPort {
  const parts = [
    ...dockerConfigs.map((config) => createDockerLogins(deps, { config, ...shared })),
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
