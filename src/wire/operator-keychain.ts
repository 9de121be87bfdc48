import type { Io } from '../cli/io.ts';
import type { KeychainPort } from '../images/ports.ts';
import type { LeveledLogger } from '../telemetry/log.ts';
import type { Settings } from './settings.ts';

/** The operator's own credentials; what reads them is loaded only where the configuration names any. */
export async function loadOperatorKeychain(
  { registry }: Pick<Settings, 'registry'>,
  logger: LeveledLogger,
  env: Io['env'],
): Promise<KeychainPort | undefined> {
  const { dockerConfig, credentialProviders: providers } = registry;
  if (dockerConfig === undefined && providers === undefined) return undefined;
  const { loadKeychain, warnAboutUnreadableConfigs } = await import('../keychain/keychain.ts');
  const dockerConfigs = dockerConfig === undefined ? [] : [dockerConfig];
  await warnAboutUnreadableConfigs(dockerConfigs, logger);
  return loadKeychain({ logger }, { dockerConfigs, providers, env });
}
