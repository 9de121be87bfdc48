import type { Io } from '../cli/io.ts';
import { formatKey } from '../config/describe-problem.ts';
import { AppError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from '../registry/client.ts';
import type { NameResolver } from '../registry/connection/guarded-connector.ts';
import type { FileFault } from '../registry/hosts/file-reading.ts';
import { readNamedFiles, type NamedFiles } from '../registry/hosts/named-files.ts';
import { findDeniedMirrors, type DeniedMirror, type RegistrySettings } from '../registry/settings.ts';
import { describeFault } from './named-files.ts';

/** Describes a mirror that wasmgate skips: on a node, the same address means another network. */
export function describeDeniedMirror({ host, why }: DeniedMirror): string {
  return `mirror "${host}" is ${why}, so wasmgate skips it. Name an address that Pods can reach, or list it in registry.allowAddresses.`;
}

export interface RegistrySurroundings extends Pick<RegistryClientOptions, 'onRequest' | 'onPause'> {
  /** Environment that names the proxies. */
  readonly env: Io['env'];
  /** Logs each skipped mirror once, and outages. */
  readonly logger?: Pick<Logger, 'info' | 'warn'>;
  /** True on a user's own machine. */
  readonly allowLoopback?: boolean;
  /** The system's own resolver by default. */
  readonly resolver?: NameResolver;
}

export function unusableFiles(faults: readonly FileFault[]): AppError<'unusable-files'> {
  const count = faults.length === 1 ? '1 problem' : `${faults.length} problems`;
  const list = faults.map(
    ({ path, error }) => `\n  ${formatKey(['registry', ...path])}: ${describeFault(error)}`,
  );
  return new AppError(
    'unusable-files',
    `Cannot use the files that the configuration names: ${count}${list.join('')}`,
    { blame: 'input', advice: 'To check them where they are mounted: wasmgate config check --strict FILE' },
  );
}

/** Logs one line when an outage begins and one when it ends. A probe each second detects the end, even without requests. */
function logOutages(logger: Pick<Logger, 'info' | 'warn'>): NonNullable<RegistryClientOptions['onOutage']> {
  // Pods name hosts, and a tenant can name a thousand that are down.
  const warn = throttledWarn(logger, 'registry is down');
  const info = { warn: (fields: object, message: string): void => logger.info(fields, message) };
  const logEnd = throttledWarn(info, 'registry is up again');
  return ({ host, error, milliseconds }) => {
    if (error === null) logEnd({ host, seconds: Math.round(milliseconds / 1000) });
    else warn({ host, error });
  };
}

/** @throws AppError if a file that the settings name is unusable */
export async function readUsableFiles(settings: RegistrySettings): Promise<NamedFiles> {
  const { files, faults } = await readNamedFiles(settings);
  if (faults.length > 0) throw unusableFiles(faults);
  return files;
}

/** @throws AppError if the settings or a proxy in the environment are invalid */
export function connectRegistry(
  { plainHttp, allowAddresses }: RegistrySettings,
  files: NamedFiles,
  { resolver, ...surroundings }: RegistrySurroundings,
): RegistryClient {
  const { logger } = surroundings;
  for (const mirror of logger === undefined ? [] : findDeniedMirrors(files.hosts, allowAddresses))
    logger?.warn({ host: mirror.host }, describeDeniedMirror(mirror));
  const onOutage = logger === undefined ? undefined : logOutages(logger);
  const options = { plainHttp, allowAddresses, ...files, ...surroundings, onOutage };
  return createRegistryClient({ ...resolver }, options);
}
