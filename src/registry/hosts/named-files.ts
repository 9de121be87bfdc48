import type { HostsConfiguration } from '../endpoints.ts';
import type { RegistrySettings } from '../settings.ts';
import { createFileReading, type FileReading } from './file-reading.ts';
import { readCertificates } from './load-tls.ts';

/** The content of the files that the settings name. */
export interface NamedFiles {
  /** PEM certificates trusted in addition to the system's. */
  readonly ca: readonly string[];
  readonly hosts: HostsConfiguration | undefined;
}

/** The readable content and the faults. Callers apply the content only if there are no faults. */
export interface NamedFilesReading extends Pick<FileReading, 'faults' | 'seen'> {
  readonly files: NamedFiles;
}

async function readAuthorities(caFile: string | undefined, reading: FileReading): Promise<readonly string[]> {
  if (caFile === undefined) return [];
  const files = reading.of('caFile');
  return files.attempt(async () => [await readCertificates(caFile, files)], []);
}

/** Loads the parsers only if the settings name any files. */
async function readHosts(
  settings: RegistrySettings,
  reading: FileReading,
): Promise<HostsConfiguration | undefined> {
  const { mirrors, tls, registriesFile, hostsDirectory } = settings;
  const said = Object.keys(mirrors).length + Object.keys(tls).length;
  if (said === 0 && registriesFile === undefined && hostsDirectory === undefined) return undefined;
  const { loadHosts } = await import('./load-hosts.ts');
  return loadHosts(settings, reading);
}

/** Reads all named files and collects the faults of all that are unusable. */
export async function readNamedFiles(
  settings: RegistrySettings,
  reading: FileReading = createFileReading(),
): Promise<NamedFilesReading> {
  const ca = await readAuthorities(settings.caFile, reading);
  const hosts = await readHosts(settings, reading);
  return { files: { ca, hosts }, faults: reading.faults, seen: reading.seen };
}
