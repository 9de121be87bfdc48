import { isMissing } from '../files/read-text.ts';
import type { DockerConfig } from '../keychain/docker-config-file.ts';
import type { CredentialProvider } from '../keychain/provider-config.ts';
import { describeError, type AppError } from '../lib/errors.ts';
import { createFileReading, type FileFault, type FileReading } from '../registry/hosts/file-reading.ts';
import { readNamedFiles, type NamedFiles } from '../registry/hosts/named-files.ts';
import type { RegistrySettings } from '../registry/settings.ts';

/** Describes an error on one line. The format of a file does not help if the file is missing. */
export function describeFault(error: AppError): string {
  const advice = error.advice === null || isMissing(error) ? '' : `. ${error.advice}`;
  return `${describeError(error)}${advice}`;
}

/** What all files hold that the settings name, as far as it is usable. */
export interface AllNamedFiles extends Pick<FileReading, 'faults' | 'seen'> {
  readonly files: NamedFiles;
  /** Null if none is named, or it is unusable. */
  readonly dockerConfig: DockerConfig | null;
  readonly plugins: readonly CredentialProvider[];
}

const NO_PLUGINS: readonly CredentialProvider[] = [];

/** Reads all files that the settings name: for `serve` when it starts and whenever they change, and for `config check`. */
export async function readAllNamedFiles(registry: RegistrySettings): Promise<AllNamedFiles> {
  const { dockerConfig: path, credentialProviders: providers } = registry;
  const reading = createFileReading();
  const { files } = await readNamedFiles(registry, reading);
  const ofDocker = reading.of('dockerConfig');
  const dockerConfig = await ofDocker.attempt(async () => {
    if (path === undefined) return null;
    const { readDockerConfig } = await import('../keychain/docker-config-file.ts');
    return readDockerConfig(path, ofDocker.text);
  }, null);
  const ofProviders = reading.of('credentialProviders');
  const plugins = await ofProviders.attempt(async () => {
    if (providers === undefined) return NO_PLUGINS;
    const { loadProviders } = await import('../keychain/provider-config.ts');
    return loadProviders(providers, ofProviders.text);
  }, NO_PLUGINS);
  return { files, dockerConfig, plugins, faults: reading.faults, seen: reading.seen };
}

/** Reports whether a fault is about `registry.dockerConfig`, which may be absent: its Secret may come later. */
export function isOfDockerConfig({ path: [setting] }: FileFault): boolean {
  return setting === 'dockerConfig';
}
