import { join } from 'node:path';
import { PLAIN_ENDPOINT, type EndpointList, type HostsTable, type TlsFiles } from '../endpoints.ts';
import type { SettingFiles } from './file-reading.ts';
import { parseHostsToml } from './parse-hosts-toml.ts';

const DEFAULT_FOLDER = '_default';

/** `host_5000_` and `host:5000` name the same host; containerd looks for the former first. */
function registryOfFolder(name: string): string {
  return name.replace(/^(.+)_(\d+)_$/, '$1:$2');
}

/** Without a hosts.toml, containerd uses docker's layout, in which the file names say what the files hold. */
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

async function readHostFolder(folder: string, files: SettingFiles): Promise<EndpointList<TlsFiles>> {
  const names = await files.names(folder);
  if (!names.includes('hosts.toml')) return certificateFiles(names, folder);
  const file = join(folder, 'hosts.toml');
  return parseHostsToml(await files.text({ path: file, what: 'hosts file' }), { file, folder });
}

/** A mounted ConfigMap has hidden folders of its own. */
async function findFolders(directory: string, files: SettingFiles): Promise<readonly string[]> {
  const names = (await files.folders(directory)).filter((name) => !name.startsWith('.'));
  // The escaped name comes last, so it wins.
  return names.toSorted((one, other) => Number(one.endsWith('_')) - Number(other.endsWith('_')));
}

/** Reads containerd's directory with one folder per host. */
export async function readHostsDirectory(
  directory: string,
  files: SettingFiles,
): Promise<HostsTable<TlsFiles>> {
  const byRegistry = new Map<string, EndpointList<TlsFiles>>();
  for (const name of await findFolders(directory, files)) {
    const list = await files.attempt(() => readHostFolder(join(directory, name), files), []);
    byRegistry.set(registryOfFolder(name), list);
  }
  const others = byRegistry.get(DEFAULT_FOLDER) ?? null;
  byRegistry.delete(DEFAULT_FOLDER);
  return { byRegistry, others };
}
