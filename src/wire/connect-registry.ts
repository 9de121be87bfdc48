import type { Io } from '../cli/io.ts';
import { formatKey } from '../config/describe-problem.ts';
import { isMissing } from '../files/read-text.ts';
import { AppError, describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from '../registry/client.ts';
import type { NameResolver } from '../registry/connection/guarded-connector.ts';
import type { FileFault } from '../registry/hosts/file-reading.ts';
import { readNamedFiles } from '../registry/hosts/named-files.ts';
import { findDeniedMirrors, type DeniedMirror, type RegistrySettings } from '../registry/settings.ts';

/** For people; the node asks the same address on its own network. */
export function describeDeniedMirror({ host, why }: DeniedMirror): string {
  return `mirror "${host}" is ${why}, so wasmgate passes it over. Name an address that Pods can reach, or list it in registry.allowAddresses.`;
}

interface Surroundings extends Pick<RegistryClientOptions, 'onRequest' | 'onPause'> {
  /** Proxies are read from it. */
  readonly env: Io['env'];
  /** Warned once of each mirror that is passed over, and of outages. */
  readonly logger?: Pick<Logger, 'info' | 'warn'>;
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

/** One line when an outage begins, and one when it ends: probes find out, once a second, whatever is asked meanwhile. */
function logOutages(logger: Pick<Logger, 'info' | 'warn'>): NonNullable<RegistryClientOptions['onOutage']> {
  // Pods name hosts, and a tenant may name a thousand that are down.
  const warn = throttledWarn(logger, 'registry is down');
  const info = { warn: (fields: object, message: string): void => logger.info(fields, message) };
  const inform = throttledWarn(info, 'registry is reached again');
  return ({ host, error, milliseconds }) => {
    if (error === null) inform({ host, seconds: Math.round(milliseconds / 1000) });
    else warn({ host, error });
  };
}

/** @throws AppError where the settings, the files they name, or a proxy in the environment cannot be used */
export async function connectRegistry(
  settings: RegistrySettings,
  { resolver, ...surroundings }: Surroundings,
): Promise<RegistryClient> {
  const { plainHttp, allowAddresses } = settings;
  const { files, faults } = await readNamedFiles(settings);
  if (faults.length > 0) throw unusableFiles(faults);
  const { logger } = surroundings;
  for (const mirror of logger === undefined ? [] : findDeniedMirrors(files.hosts, allowAddresses))
    logger?.warn({ host: mirror.host }, describeDeniedMirror(mirror));
  const onOutage = logger === undefined ? undefined : logOutages(logger);
  const options = { plainHttp, allowAddresses, ...files, ...surroundings, onOutage };
  return createRegistryClient({ ...resolver }, options);
}
