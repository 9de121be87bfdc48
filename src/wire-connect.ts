import type { KeychainPort } from './assess/ports.ts';
import type { Io } from './cli/io.ts';
import type { ServeFlags } from './cli/serve.ts';
import { AppError } from './errors.ts';
import type { KubernetesConnection } from './kubernetes/connection.ts';
import { createInClusterConnection } from './kubernetes/in-cluster-connection.ts';
import type { LeveledLogger } from './telemetry/log.ts';
import type { Settings } from './wire.ts';

/** client-node is loaded for a kubeconfig only: in a cluster two files say all, and its models cost 27 MiB. */
export async function connect(flags: ServeFlags, env: Io['env']): Promise<KubernetesConnection> {
  if (flags.kubeconfig !== undefined) {
    const { createKubeconfigConnection } = await import('./kubernetes/kubeconfig-connection.ts');
    return createKubeconfigConnection(flags.kubeconfig);
  }
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (host === undefined || host === '') {
    throw new AppError(
      'no-cluster',
      'Cannot connect to the API server: this is no Pod of a cluster, and no kubeconfig is named',
      {
        advice: 'Name one: wasmgate serve --kubeconfig ~/.kube/config',
      },
    );
  }
  return createInClusterConnection({ host, port: env['KUBERNETES_SERVICE_PORT'] ?? '443' });
}

/** The operator's own credentials; what reads them is loaded only where the configuration names any. */
export async function lendCredentials(
  { registry }: Pick<Settings, 'registry'>,
  logger: LeveledLogger,
  env: Io['env'],
): Promise<KeychainPort | undefined> {
  const { dockerConfig, credentialProviders: providers } = registry;
  if (dockerConfig === undefined && providers === undefined) return undefined;
  const { loadKeychain, tellOfUnreadable } = await import('./keychain/keychain.ts');
  const dockerConfigs = dockerConfig === undefined ? [] : [dockerConfig];
  await tellOfUnreadable(dockerConfigs, logger);
  return loadKeychain({ logger }, { dockerConfigs, providers, env });
}
