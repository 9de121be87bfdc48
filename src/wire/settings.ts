import type { ServeFlags } from '../cli/serve.ts';
import { createConfigurationReader, type Configuration } from '../config/configuration-reader.ts';
import { choosePresets } from '../config/presets.ts';
import { IMAGE_SCENARIOS, imageSettings } from '../images/settings.ts';
import { POLICY_SCENARIOS, policySettings } from '../policy/settings.ts';
import { checkRegistrySettings, registrySettings } from '../registry/settings.ts';
import { serverSettings } from '../server/settings.ts';
import { LOG_LEVELS, logSettings } from '../telemetry/settings.ts';

/** Each room describes its own section of the configuration file. */
const sections = {
  policy: policySettings,
  images: imageSettings,
  registry: registrySettings,
  server: serverSettings,
  log: logSettings,
};
const scenarios = choosePresets({
  by: ['policy', 'scenario'],
  tables: { policy: POLICY_SCENARIOS, images: IMAGE_SCENARIOS },
});

export const configurations = createConfigurationReader(sections, scenarios, {
  registry: checkRegistrySettings,
});

export type Settings = Configuration<typeof sections>;

/** The configuration file, or every default. */
export async function readSettings(file: string | undefined): Promise<Settings> {
  return file === undefined ? configurations.defaults() : configurations.read(file);
}

/** What the command line says wins over the file. */
export async function readServeSettings(flags: ServeFlags): Promise<Settings> {
  const file = await readSettings(flags.config);
  const { host = file.server.host, port = file.server.port } = flags;
  const level = LOG_LEVELS.find((known) => known === flags.logLevel) ?? file.log.level;
  const metrics = flags.metricsPort === undefined ? {} : { metricsPort: flags.metricsPort };
  return { ...file, server: { ...file.server, host, port, ...metrics }, log: { level } };
}
