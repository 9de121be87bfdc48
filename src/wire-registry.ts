import { readFile } from 'node:fs/promises';
import type { Io } from './cli/io.ts';
import { AppError } from './errors.ts';
import { createRegistryClient, type RegistryClient } from './registry/client.ts';
import type { HostsConfiguration } from './registry/hosts.ts';
import type { RegistrySettings } from './registry/settings.ts';

interface Surroundings {
  /** Proxies are read from it. */
  readonly env: Io['env'];
  /** On a user's own machine. */
  readonly allowLoopback?: boolean;
}

async function readAuthorities(caFile: string): Promise<string> {
  try {
    return await readFile(caFile, 'utf8');
  } catch (cause) {
    throw new AppError('unreadable-configuration', `Cannot read registry.caFile "${caFile}"`, {
      blame: 'input',
      cause,
    });
  }
}

/** The parsers of the files are loaded only where the settings name any. */
async function readHosts(settings: RegistrySettings): Promise<HostsConfiguration | undefined> {
  const { mirrors, tls, registriesFile, hostsDirectory } = settings;
  const said = Object.keys(mirrors).length + Object.keys(tls).length;
  if (said === 0 && registriesFile === undefined && hostsDirectory === undefined) return undefined;
  const { loadHosts } = await import('./registry/load-hosts.ts');
  return loadHosts(settings);
}

/** @throws AppError where the settings, the files they name, or a proxy in the environment cannot be used */
export async function connectRegistry(
  settings: RegistrySettings,
  surroundings: Surroundings,
): Promise<RegistryClient> {
  const { caFile, plainHttp, allowAddresses } = settings;
  const ca = caFile === undefined ? [] : [await readAuthorities(caFile)];
  const hosts = await readHosts(settings);
  return createRegistryClient({}, { plainHttp, allowAddresses, ca, hosts, ...surroundings });
}
