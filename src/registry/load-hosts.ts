import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import {
  PLAIN_ENDPOINT,
  type EndpointList,
  type EndpointSettings,
  type HostsTable,
  type TlsFiles,
  type TlsMaterial,
} from './endpoint.ts';
import type { HostsConfiguration } from './hosts.ts';
import { registryOfHost } from './hub.ts';
import { parseHostsToml } from './parse-hosts-toml.ts';
import { parseRegistriesYaml } from './parse-registries-yaml.ts';
import { parseServer } from './parse-server.ts';
import type { RegistrySettings } from './settings.ts';

type Settings = Pick<RegistrySettings, 'mirrors' | 'tls' | 'hostsDirectory' | 'registriesFile'>;

/** Such files have some lines per host; one of this size is something else. */
const MOST_BYTES = 1024 * 1024;

const DEFAULT_FOLDER = '_default';
const OTHERS = '*';

function unreadable(path: string, cause: unknown): AppError {
  return new AppError('unreadable-hosts', `Cannot read "${path}", which the registry settings name`, {
    blame: 'input',
    cause,
  });
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= MOST_BYTES) return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
  throw new AppError('unreadable-hosts', `Cannot read "${file}": it is larger than ${MOST_BYTES} bytes`, {
    blame: 'input',
  });
}

async function readPem(file: string, what: string): Promise<string> {
  const text = await readText(file);
  if (text.includes('-----BEGIN ')) return text;
  throw new AppError('unreadable-hosts', `Cannot use "${file}": there is no ${what} in it`, {
    blame: 'input',
  });
}

async function loadTls({ ca, client, insecure }: TlsFiles): Promise<TlsMaterial> {
  return {
    ca: await Promise.all(ca.map((file) => readPem(file, 'certificate'))),
    client: await Promise.all(
      client.map(async ({ cert, key }) => ({
        cert: await readPem(cert, 'certificate'),
        key: await readPem(key ?? cert, 'key'),
      })),
    ),
    insecure,
  };
}

async function loadEndpoints(list: EndpointList<TlsFiles>): Promise<EndpointList> {
  return Promise.all(
    list.map(async (endpoint) => ({
      ...endpoint,
      tls: endpoint.tls === null ? null : await loadTls(endpoint.tls),
    })),
  );
}

async function loadTable({ byRegistry, others }: HostsTable<TlsFiles>): Promise<HostsTable> {
  const lists = [...byRegistry].map(async ([name, list]) => [name, await loadEndpoints(list)] as const);
  return {
    byRegistry: new Map(await Promise.all(lists)),
    others: others === null ? null : await loadEndpoints(others),
  };
}

/** `host_5000_` and `host:5000` are the same host; containerd looks for the first one first. */
function registryOfFolder(name: string): string {
  return name.replace(/^(.+)_(\d+)_$/, '$1:$2');
}

/** Docker's way, which containerd takes where there is no hosts.toml: the names of the files say what they are. */
function certificateFiles(names: readonly string[], folder: string): EndpointList<TlsFiles> {
  const of = (end: string): readonly string[] => names.filter((name) => name.endsWith(end));
  const client = of('.cert').map((name) => {
    const key = name.replace(/\.cert$/, '.key');
    return { cert: join(folder, name), key: names.includes(key) ? join(folder, key) : null };
  });
  const ca = of('.crt').map((name) => join(folder, name));
  const tls = ca.length + client.length === 0 ? null : { ca, client, insecure: false };
  return [{ ...PLAIN_ENDPOINT, tls }];
}

async function readHostFolder(folder: string): Promise<EndpointList<TlsFiles>> {
  const names = await readdir(folder);
  if (!names.includes('hosts.toml')) return certificateFiles(names, folder);
  const file = join(folder, 'hosts.toml');
  return parseHostsToml(await readText(file), { file, folder });
}

/** A mounted ConfigMap has links among its folders, and hidden folders that are its own. */
async function findFolders(directory: string): Promise<readonly string[]> {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('.'));
  const folders = await Promise.all(
    names.map(async (name) => (await stat(join(directory, name))).isDirectory()),
  );
  return names.filter((_name, index) => folders[index]);
}

async function readHostsDirectory(directory: string): Promise<HostsTable<TlsFiles>> {
  const byRegistry = new Map<string, EndpointList<TlsFiles>>();
  try {
    const names = await findFolders(directory);
    // The escaped name of a folder is read last, and so it wins.
    for (const name of names.toSorted(
      (one, other) => Number(one.endsWith('_')) - Number(other.endsWith('_')),
    ))
      byRegistry.set(registryOfFolder(name), await readHostFolder(join(directory, name)));
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(directory, error);
  }
  const others = byRegistry.get(DEFAULT_FOLDER) ?? null;
  byRegistry.delete(DEFAULT_FOLDER);
  return { byRegistry, others };
}

function mirrorAt(address: string): EndpointSettings {
  return { ...PLAIN_ENDPOINT, base: parseServer(address, false, 'configuration key registry.mirrors') };
}

function readMirrors(mirrors: Settings['mirrors']): HostsTable {
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

async function readTls(settings: Settings['tls']): Promise<ReadonlyMap<string, TlsMaterial>> {
  const entries = Object.entries(settings).map(async ([host, { caFile, certFile, keyFile, insecure }]) => {
    if (certFile === undefined && keyFile !== undefined)
      throw new AppError('unreadable-hosts', `Cannot use registry.tls["${host}"]: keyFile needs certFile`, {
        blame: 'input',
      });
    const ca = caFile === undefined ? [] : [caFile];
    const client = certFile === undefined ? [] : [{ cert: certFile, key: keyFile ?? null }];
    return [registryOfHost(host), await loadTls({ ca, client, insecure })] as const;
  });
  return new Map(await Promise.all(entries));
}

/**
 * What the settings say of hosts, read once: our own mirrors before K3s's file before containerd's folder.
 * @throws AppError `unreadable-hosts`, `invalid-hosts`, `invalid-rewrite`, `invalid-docker-config`
 */
export async function loadHosts(settings: Settings): Promise<HostsConfiguration> {
  const { registriesFile, hostsDirectory } = settings;
  const registries =
    registriesFile === undefined ? null : parseRegistriesYaml(await readText(registriesFile), registriesFile);
  const directory = hostsDirectory === undefined ? null : await readHostsDirectory(hostsDirectory);
  const found = [registries, directory].filter((table) => table !== null);
  return {
    tables: [readMirrors(settings.mirrors), ...(await Promise.all(found.map(loadTable)))],
    tls: await readTls(settings.tls),
    credentials: registries?.credentials ?? [],
  };
}
