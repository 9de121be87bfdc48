import type { ServeFlags } from '../cli/serve.ts';
import { createConfigurationReader, type Configuration } from '../config/configuration-reader.ts';
import { choosePresets } from '../config/presets.ts';
import { IMAGE_SCENARIOS, imageSettings } from '../images/settings.ts';
import { policyRules } from '../policy/setting-rules.ts';
import { POLICY_SCENARIOS, policySettings } from '../policy/settings.ts';
import { registryRules } from '../registry/setting-rules.ts';
import { registrySettings } from '../registry/settings.ts';
import { serverRules } from '../server/setting-rules.ts';
import { serverSettings } from '../server/settings.ts';
import { LOG_FORMATS, LOG_LEVELS, logSettings } from '../telemetry/settings.ts';

/** Sections of the configuration file, each described by its room. */
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
  policy: policyRules,
  registry: registryRules,
  server: serverRules,
});

export type Settings = Configuration<typeof sections>;

/** Reads the configuration file; without one, returns all defaults. */
export async function readSettings(file: string | undefined): Promise<Settings> {
  return file === undefined ? configurations.defaults() : configurations.read(file);
}

/** Returns the settings of `serve`: flags win over the file. */
export function withFlags(file: Settings, flags: ServeFlags): Settings {
  const { host = file.server.host, port = file.server.port } = flags;
  const level = LOG_LEVELS.find((known) => known === flags.logLevel) ?? file.log.level;
  const format = LOG_FORMATS.find((known) => known === flags.logFormat) ?? file.log.format;
  const metrics = flags.metricsPort === undefined ? {} : { metricsPort: flags.metricsPort };
  return { ...file, server: { ...file.server, host, port, ...metrics }, log: { ...file.log, level, format } };
}
