import type { UnreadFact } from '../assess/ports.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { readInstalledConfiguration } from '../kubernetes/installed-configuration.ts';
import { AppError } from '../lib/errors.ts';
import type { RegistrySettings } from '../registry/settings.ts';
import { DEFAULT_NAMESPACE } from './assemble-assess.ts';
import { configurations, readSettings, type Settings } from './settings.ts';

/** The configuration that a command judges by. */
export interface UsedConfiguration {
  readonly settings: Settings;
  /** Which one it is, in one line for people: `file wasmgate.yaml`. */
  readonly description: string;
  /** wasmgate's own namespace. */
  readonly ownNamespace: string;
  /** Why the cluster's own is not known, so that the defaults stand in for it; null if it is. */
  readonly unread: UnreadFact | null;
  /** Files that the cluster's own names, which are in wasmgate's Pods: `registry.caFile`. */
  readonly unusedFiles: readonly string[];
}

/**
 * Drops the files that settings name. They are those of another machine: a file of the same name here would be another one, and a
 * credential helper another program.
 */
function withoutFiles(registry: RegistrySettings): {
  readonly registry: RegistrySettings;
  readonly dropped: readonly string[];
} {
  const { caFile, registriesFile, hostsDirectory, dockerConfig, credentialProviders, tls, ...kept } =
    registry;
  const named = { caFile, registriesFile, hostsDirectory, dockerConfig, credentialProviders };
  const ofHosts = Object.entries(tls).filter(
    ([, { caFile: ca, certFile }]) => (ca ?? certFile) !== undefined,
  );
  const withoutTls = Object.entries(tls).map(([host, { insecure }]) => [host, { insecure }] as const);
  const names = Object.entries(named).flatMap(([key, value]) => (value === undefined ? [] : [key]));
  return {
    registry: { ...kept, tls: Object.fromEntries(withoutTls) },
    dropped: [...names, ...ofHosts.map(([host]) => `tls["${host}"]`)].map((key) => `registry.${key}`),
  };
}

/** Returns the defaults in place of a configuration that is not known. */
function useDefaults(unread: UnreadFact, ownNamespace: string): UsedConfiguration {
  const description = 'the defaults, because that of the cluster is not known';
  return { settings: configurations.defaults(), description, ownNamespace, unread, unusedFiles: [] };
}

/** wasmgate rejects an invalid configuration and keeps the one before, which the ConfigMap no longer has. */
function describeInvalid(error: AppError, source: string): UnreadFact {
  const advice = `wasmgate keeps the configuration that it had before. Correct ${source}, or pass the configuration with --config FILE.`;
  return { fact: 'configuration', what: 'configuration of wasmgate', message: error.message, advice };
}

/**
 * Reads the named configuration file or, without one, the configuration of the cluster's wasmgate. If that is not known, the
 * defaults stand in for it, and everything is undecided.
 * @throws AppError if the named file is invalid
 */
export async function readUsedConfiguration(
  file: string | undefined,
  client: KubernetesClient,
): Promise<UsedConfiguration> {
  if (file !== undefined) {
    const settings = await readSettings(file);
    const description = `file ${file}`;
    return { settings, description, ownNamespace: DEFAULT_NAMESPACE, unread: null, unusedFiles: [] };
  }
  const installed = await readInstalledConfiguration(client, DEFAULT_NAMESPACE);
  const ownNamespace = installed.namespace ?? DEFAULT_NAMESPACE;
  if (installed.kind === 'unread') return useDefaults(installed.unread, ownNamespace);
  if (installed.kind === 'none') {
    const description = `the defaults, because ${installed.why}`;
    return { settings: configurations.defaults(), description, ownNamespace, unread: null, unusedFiles: [] };
  }
  const description = `ConfigMap ${installed.namespace}/${installed.name}`;
  try {
    const settings = configurations.parse(installed.text, description);
    const { registry, dropped } = withoutFiles(settings.registry);
    return {
      settings: { ...settings, registry },
      description,
      ownNamespace,
      unread: null,
      unusedFiles: dropped,
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return useDefaults(describeInvalid(error, description), ownNamespace);
  }
}
