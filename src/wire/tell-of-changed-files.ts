import { poll } from '../config/follow-file.ts';
import { errorsIn } from '../lib/collect-errors.ts';
import type { FileFault } from '../registry/hosts/file-reading.ts';
import { readNamedFiles } from '../registry/hosts/named-files.ts';
import type { RegistrySettings } from '../registry/settings.ts';
import type { LeveledLogger } from '../telemetry/log.ts';
import { describeFault } from './connect-registry.ts';

const DEFAULTS = {
  /** The kubelet brings changed ConfigMaps and Secrets within about a minute, and nothing is done but told. */
  intervalMilliseconds: 60_000,
} as const;

type Lender = 'dockerConfig' | 'credentialProviders';

async function faultsOf(setting: Lender, read: () => Promise<unknown>): Promise<readonly FileFault[]> {
  try {
    await read();
    return [];
  } catch (error) {
    const faults = errorsIn(error);
    if (faults === null) throw error;
    return faults.map((fault) => ({ path: [setting], error: fault }));
  }
}

/** What `serve` would find in all files that the settings name, by the same readers. */
export async function readAllNamedFiles(
  registry: RegistrySettings,
): Promise<{ readonly faults: readonly FileFault[]; readonly seen: ReadonlyMap<string, string> }> {
  const { dockerConfig, credentialProviders: providers } = registry;
  const { faults, seen } = await readNamedFiles(registry);
  const ofDocker = await faultsOf('dockerConfig', async () => {
    if (dockerConfig === undefined) return;
    const { findDockerConfigFault } = await import('../keychain/docker-config-file.ts');
    const fault = await findDockerConfigFault(dockerConfig);
    if (fault !== null) throw fault;
  });
  let plugins = '';
  const ofProviders = await faultsOf('credentialProviders', async () => {
    if (providers === undefined) return;
    const { loadProviders } = await import('../keychain/provider-config.ts');
    plugins = JSON.stringify(await loadProviders(providers));
  });
  const all = providers === undefined ? seen : new Map([...seen, [providers.config, plugins]]);
  return { faults: [...faults, ...ofDocker, ...ofProviders], seen: all };
}

function describeChange(files: readonly string[], problems: readonly string[]): string {
  return JSON.stringify([files, problems]);
}

export interface FollowedFiles {
  /** Docker configs are read anew by whoever asks for their logins, and told of there. */
  readonly registry: RegistrySettings;
  readonly logger: Pick<LeveledLogger, 'info' | 'warn' | 'error'>;
  readonly intervalMilliseconds?: number;
}

type Seen = ReadonlyMap<string, string>;

function changedFiles(before: Seen, after: Seen): readonly string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).toSorted();
}

/**
 * Tells once of each change to the files that the settings name, until the signal ends it. They were read at the start, and
 * what they said then holds until the next one, whatever becomes of them: whoever changes them has to know both.
 * @returns as soon as it is known how they are now
 */
export async function tellOfChangedFiles(
  { registry, logger, intervalMilliseconds = DEFAULTS.intervalMilliseconds }: FollowedFiles,
  signal: AbortSignal,
): Promise<void> {
  const { dockerConfig: _, ...named } = registry;
  const { seen: before } = await readAllNamedFiles(named);
  if (before.size === 0) return;
  let told = describeChange([], []);
  const look = async (): Promise<void> => {
    const { faults, seen } = await readAllNamedFiles(named);
    const files = changedFiles(before, seen);
    const problems = faults.map(({ error }) => describeFault(error));
    if (describeChange(files, problems) === told) return;
    told = describeChange(files, problems);
    if (problems.length > 0) {
      logger.error(
        { files, problems },
        'files that the configuration names cannot be used; those before stay',
      );
    } else if (files.length > 0) {
      logger.warn({ files }, 'changed files that the configuration names apply after a restart only');
    } else logger.info({}, 'the files that the configuration names are as they were at the start');
  };
  poll(look, intervalMilliseconds, signal).catch((error: unknown) =>
    logger.error({ err: error }, 'files that the configuration names are not followed any more'),
  );
}
