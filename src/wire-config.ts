import { text } from 'node:stream/consumers';
import type { ConfigDeps } from './cli/config/config.ts';
import type { Look } from './config/configuration-reader.ts';
import { faultsIn } from './every.ts';
import { faultOfDockerConfig } from './keychain/docker-config-file.ts';
import { loadProviders } from './keychain/provider-config.ts';
import { isMissing } from './read-text.ts';
import type { FileFault } from './registry/file-reading.ts';
import { readNamedFiles } from './registry/named-files.ts';
import type { RegistrySettings } from './registry/settings.ts';
import { describeFault } from './wire-registry.ts';
import type { Configurations } from './wire.ts';

type Lender = 'dockerConfig' | 'credentialProviders';

async function faultsOf(setting: Lender, read: () => Promise<unknown>): Promise<readonly FileFault[]> {
  try {
    await read();
    return [];
  } catch (error) {
    const faults = faultsIn(error);
    if (faults === null) throw error;
    return faults.map((fault) => ({ path: [setting], error: fault }));
  }
}

/** What `serve` would find in the files that the settings name, by the same readers. */
async function findFaults(registry: RegistrySettings): Promise<readonly FileFault[]> {
  const { dockerConfig, credentialProviders: providers } = registry;
  const { faults } = await readNamedFiles(registry);
  const ofDocker = await faultsOf('dockerConfig', async () => {
    const fault = dockerConfig === undefined ? null : await faultOfDockerConfig(dockerConfig);
    if (fault !== null) throw fault;
  });
  const ofProviders = await faultsOf('credentialProviders', async () =>
    providers === undefined ? [] : loadProviders(providers),
  );
  return [...faults, ...ofDocker, ...ofProviders];
}

function problemOf({ path, error }: FileFault): Look['problems'][number] {
  return { path, text: describeFault(error) };
}

async function lookIntoRegistry(registry: RegistrySettings, isStrict: boolean): Promise<Look> {
  const faults = await findFaults(registry);
  const isAbsent = ({ error }: FileFault): boolean => !isStrict && isMissing(error);
  return {
    problems: faults.filter((fault) => !isAbsent(fault)).map(problemOf),
    absent: faults.filter(isAbsent).map(problemOf),
  };
}

const STANDARD_INPUT = '-';

/** `wasmgate config check`: the file, and the files that it names. */
export function checkConfiguration(configurations: Configurations): ConfigDeps['check'] {
  return async (file, { isStrict }) => {
    const [source, found] =
      file === STANDARD_INPUT
        ? ['standard input', await text(process.stdin)]
        : [file, await configurations.readText(file)];
    return configurations.check(found, source, {
      registry: (registry) => lookIntoRegistry(registry, isStrict),
    });
  };
}
