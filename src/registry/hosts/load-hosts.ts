import type { Credential } from '../../credentials/credential.ts';
import {
  PLAIN_ENDPOINT,
  type EndpointList,
  type EndpointSettings,
  type HostsTable,
  type TlsMaterial,
  registryOfHost,
  type HostsConfiguration,
} from '../endpoints.ts';
import type { RegistrySettings } from '../settings.ts';
import type { FileReading } from './file-reading.ts';
import { loadTable, loadTls } from './load-tls.ts';
import { parseRegistriesYaml } from './parse-registries-yaml.ts';
import { parseServer } from './parse-server.ts';
import { readHostsDirectory } from './read-hosts-directory.ts';

export type HostSettings = Pick<RegistrySettings, 'mirrors' | 'tls' | 'hostsDirectory' | 'registriesFile'>;

const OTHERS = '*';

function mirrorAt(address: string): EndpointSettings {
  return {
    ...PLAIN_ENDPOINT,
    ...parseServer(address, { isWhole: false, subject: 'configuration key registry.mirrors' }),
  };
}

function readMirrors(mirrors: HostSettings['mirrors']): HostsTable {
  const byRegistry = new Map<string, EndpointList>(
    Object.entries(mirrors).map(([name, addresses]) => [
      registryOfHost(name),
      [...addresses.map(mirrorAt), PLAIN_ENDPOINT],
    ]),
  );
  const others = byRegistry.get(OTHERS) ?? null;
  byRegistry.delete(OTHERS);
  return { byRegistry, others };
}

/** `registryRules` has checked that each key has a certificate. */
async function readTls(
  settings: HostSettings['tls'],
  reading: FileReading,
): Promise<ReadonlyMap<string, TlsMaterial>> {
  const entries = Object.entries(settings).map(async ([host, { caFile, certFile, keyFile, insecure }]) => {
    const ca = caFile === undefined ? [] : [caFile];
    const client = certFile === undefined ? [] : [{ cert: certFile, key: keyFile ?? null }];
    return [registryOfHost(host), await loadTls({ ca, client, insecure }, reading.of('tls', host))] as const;
  });
  return new Map(await Promise.all(entries));
}

const NO_TABLE: HostsTable = { byRegistry: new Map(), others: null };
const NO_REGISTRIES = { table: NO_TABLE, credentials: [] as readonly Credential[] };

async function loadRegistries(
  path: string | undefined,
  reading: FileReading,
): Promise<{ readonly table: HostsTable; readonly credentials: readonly Credential[] }> {
  if (path === undefined) return NO_REGISTRIES;
  const files = reading.of('registriesFile');
  return files.attempt(async () => {
    const { credentials, ...table } = parseRegistriesYaml(
      await files.text({ path, what: 'registries file' }),
      path,
    );
    return { table: await loadTable(table, files), credentials };
  }, NO_REGISTRIES);
}

async function loadDirectory(path: string | undefined, reading: FileReading): Promise<HostsTable> {
  if (path === undefined) return NO_TABLE;
  const files = reading.of('hostsDirectory');
  return files.attempt(async () => loadTable(await readHostsDirectory(path, files), files), NO_TABLE);
}

/** Loads the configured hosts: wasmgate's own mirrors come before K3s's file, and that before containerd's folder. */
export async function loadHosts(settings: HostSettings, reading: FileReading): Promise<HostsConfiguration> {
  const { table, credentials } = await loadRegistries(settings.registriesFile, reading);
  const directory = await loadDirectory(settings.hostsDirectory, reading);
  return {
    tables: [readMirrors(settings.mirrors), table, directory],
    tls: await readTls(settings.tls, reading),
    credentials,
  };
}
