import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Io } from '../cli/io.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import {
  createInClusterConnection,
  createKubeconfigConnection,
  type KubernetesConnection,
} from '../kubernetes/connection.ts';
import { AppError } from '../lib/errors.ts';

/** Connects a Pod to its cluster, or by the kubeconfig that a flag names. */
export async function connectKubernetes(
  kubeconfig: string | undefined,
  env: Io['env'],
): Promise<KubernetesConnection> {
  if (kubeconfig !== undefined) return createKubeconfigConnection(kubeconfig);
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (host === undefined || host === '') {
    throw new AppError(
      'no-cluster',
      'Cannot connect to the API server: not running in a cluster, and no kubeconfig given',
      { advice: 'Name a kubeconfig: wasmgate serve --kubeconfig ~/.kube/config' },
    );
  }
  return createInClusterConnection({ host, port: env['KUBERNETES_SERVICE_PORT'] ?? '443' });
}

/** Connects by the kubeconfig that kubectl would read: the named one, the first of KUBECONFIG, or the usual one. */
export async function createUserClient(
  kubeconfig: string | undefined,
  env: Io['env'],
): Promise<KubernetesClient> {
  const [first = ''] = (env['KUBECONFIG'] ?? '').split(delimiter);
  const usual = first === '' ? join(env['HOME'] ?? homedir(), '.kube', 'config') : first;
  return createKubernetesClient(await createKubeconfigConnection(kubeconfig ?? usual));
}
