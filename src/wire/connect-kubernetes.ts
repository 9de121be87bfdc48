import type { Io } from '../cli/io.ts';
import {
  ACCOUNT_DIRECTORY,
  createInClusterConnection,
  createKubeconfigConnection,
  type KubernetesConnection,
} from '../kubernetes/connection.ts';
import { AppError } from '../lib/errors.ts';

/** Returns the connection of a Pod to its cluster; null outside of a Pod. */
export function connectPod(env: Io['env'], directory: string): KubernetesConnection | null {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  return host === '' ? null : createInClusterConnection({ host, port, directory });
}

/** Connects a Pod to its cluster, or by the kubeconfig that a flag names. */
export async function connectKubernetes(
  kubeconfig: string | undefined,
  env: Io['env'],
): Promise<KubernetesConnection> {
  if (kubeconfig !== undefined) return createKubeconfigConnection(kubeconfig);
  const connection = connectPod(env, ACCOUNT_DIRECTORY);
  if (connection !== null) return connection;
  throw new AppError(
    'no-cluster',
    'Cannot connect to the API server: not running in a cluster, and no kubeconfig given',
    { advice: 'Name a kubeconfig: wasmgate serve --kubeconfig ~/.kube/config' },
  );
}
