import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { HostsConfiguration } from '../../../src/registry/endpoints.ts';
import { createFileReading } from '../../../src/registry/hosts/file-reading.ts';
import { loadHosts, type HostSettings } from '../../../src/registry/hosts/load-hosts.ts';

type Settings = Partial<HostSettings>;

/** Writes files, given by path, to a temporary folder; `at` returns the full path of one. */
export async function writeFiles(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly folder: string; readonly at: (path: string) => string }> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-hosts-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return {
    folder,
    at: (path) => join(folder, path),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** @throws the first fault in the files */
export async function readHosts(settings: Settings): Promise<HostsConfiguration> {
  const reading = createFileReading();
  const hosts = await loadHosts({ mirrors: {}, tls: {}, ...settings }, reading);
  const [fault] = reading.faults;
  if (fault !== undefined) throw fault.error;
  return hosts;
}

/** Reads `hosts.toml` files, given by the names of their folders. */
export async function readHostsToml(texts: Readonly<Record<string, string>>): Promise<HostsConfiguration> {
  const entries = Object.entries(texts).map(([name, text]) => [`${name}/hosts.toml`, text]);
  await using files = await writeFiles(Object.fromEntries(entries));
  return await readHosts({ hostsDirectory: files.folder });
}

export async function readRegistriesYaml(text: string): Promise<HostsConfiguration> {
  await using files = await writeFiles({ 'registries.yaml': text });
  return await readHosts({ registriesFile: files.at('registries.yaml') });
}
