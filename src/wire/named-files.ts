import { watchNamedFiles, type WatchOptions } from '../config/watch-named-files.ts';
import { isMissing } from '../files/read-text.ts';
import { errorsIn } from '../lib/collect-errors.ts';
import { describeError, type AppError } from '../lib/errors.ts';
import type { FileFault } from '../registry/hosts/file-reading.ts';
import { readNamedFiles } from '../registry/hosts/named-files.ts';
import type { RegistrySettings } from '../registry/settings.ts';

/** Describes an error on one line. The format of a file does not help if the file is missing. */
export function describeFault(error: AppError): string {
  const advice = error.advice === null || isMissing(error) ? '' : `. ${error.advice}`;
  return `${describeError(error)}${advice}`;
}

async function faultsOf(
  setting: 'dockerConfig' | 'credentialProviders',
  read: () => Promise<unknown>,
): Promise<readonly FileFault[]> {
  try {
    await read();
    return [];
  } catch (error) {
    const faults = errorsIn(error);
    if (faults === null) throw error;
    return faults.map((fault) => ({ path: [setting], error: fault }));
  }
}

/** Reads all files that the settings name, by the readers that `serve` uses. */
export async function readAllNamedFiles(
  registry: RegistrySettings,
): Promise<{ readonly faults: readonly FileFault[]; readonly contents: ReadonlyMap<string, string> }> {
  const { dockerConfig, credentialProviders: providers } = registry;
  const { faults, seen } = await readNamedFiles(registry);
  const ofDocker = await faultsOf('dockerConfig', async () => {
    if (dockerConfig === undefined) return;
    const { findDockerConfigFault } = await import('../keychain/docker-config-file.ts');
    const fault = await findDockerConfigFault(dockerConfig);
    if (fault !== null) throw fault;
  });
  let plugins = '';
  const ofProviders = await faultsOf('credentialProviders', async () => {
    if (providers === undefined) return;
    const { loadProviders } = await import('../keychain/provider-config.ts');
    plugins = JSON.stringify(await loadProviders(providers));
  });
  const contents = providers === undefined ? seen : new Map([...seen, [providers.config, plugins]]);
  return { faults: [...faults, ...ofDocker, ...ofProviders], contents };
}

/** Logs changes to the files that the settings name. Docker configs are left out: the keychain rereads them itself. */
export function watchRegistryFiles(
  registry: RegistrySettings,
  options: Omit<WatchOptions, 'read'>,
  signal: AbortSignal,
): Promise<void> {
  const { dockerConfig: _, ...named } = registry;
  const read: WatchOptions['read'] = async () => {
    const { faults, contents } = await readAllNamedFiles(named);
    return { contents, problems: faults.map(({ error }) => describeFault(error)) };
  };
  return watchNamedFiles({ ...options, read }, signal);
}
