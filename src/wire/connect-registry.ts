import type { Logger } from '../assess/ports.ts';
import type { Io } from '../cli/io.ts';
import { formatKey } from '../config/describe-problem.ts';
import { AppError, describeError } from '../errors.ts';
import { isMissing } from '../read-text.ts';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from '../registry/client.ts';
import type { NameResolver } from '../registry/connection/guarded-connector.ts';
import type { FileFault } from '../registry/hosts/file-reading.ts';
import { findDeniedMirrors, type DeniedMirror } from '../registry/hosts/find-denied-mirrors.ts';
import { readNamedFiles } from '../registry/hosts/named-files.ts';
import type { RegistrySettings } from '../registry/settings.ts';

/** For people; the node asks the same address on its own network. */
export function describeDeniedMirror({ host, why }: DeniedMirror): string {
  return `mirror "${host}" is ${why}, so wasmgate passes it over. Name an address that Pods can reach, or list it in registry.allowAddresses.`;
}

interface Surroundings extends Pick<RegistryClientOptions, 'onRequest' | 'onPause'> {
  /** Proxies are read from it. */
  readonly env: Io['env'];
  /** Warned once of each mirror that is passed over. */
  readonly logger?: Pick<Logger, 'warn'>;
  /** On a user's own machine. */
  readonly allowLoopback?: boolean;
  /** Left out: the system's own way. */
  readonly resolver?: NameResolver;
}

/** On one line; what a file takes is no news to whoever forgot to bring it. */
export function describeFault(error: AppError): string {
  const advice = error.advice === null || isMissing(error) ? '' : `. ${error.advice}`;
  return `${describeError(error)}${advice}`;
}

function unusableFiles(faults: readonly FileFault[]): AppError<'unusable-files'> {
  const count = faults.length === 1 ? '1 problem' : `${faults.length} problems`;
  const list = faults.map(
    ({ path, error }) => `\n  ${formatKey(['registry', ...path])}: ${describeFault(error)}`,
  );
  return new AppError(
    'unusable-files',
    `Cannot use the files that the configuration names: ${count}${list.join('')}`,
    { blame: 'input', advice: 'Where they are, this says the same: wasmgate config check --strict FILE' },
  );
}

/** @throws AppError where the settings, the files they name, or a proxy in the environment cannot be used */
export async function connectRegistry(
  settings: RegistrySettings,
  { resolver, ...surroundings }: Surroundings,
): Promise<RegistryClient> {
  const { plainHttp, allowAddresses } = settings;
  const { files, faults } = await readNamedFiles(settings);
  if (faults.length > 0) throw unusableFiles(faults);
  if (surroundings.logger !== undefined) {
    for (const mirror of findDeniedMirrors(files.hosts, allowAddresses))
      surroundings.logger.warn({ host: mirror.host }, describeDeniedMirror(mirror));
  }
  return createRegistryClient({ ...resolver }, { plainHttp, allowAddresses, ...files, ...surroundings });
}
