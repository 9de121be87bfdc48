import type { Io } from '../cli/io.ts';
import { type KubernetesConnection, createInClusterConnection } from '../kubernetes/connection.ts';
import { AppError } from '../lib/errors.ts';

/** client-node is loaded for a kubeconfig only: in a cluster two files say all, and its models cost 27 MiB. */
export async function connect(kubeconfig: string | undefined, env: Io['env']): Promise<KubernetesConnection> {
  if (kubeconfig !== undefined) {
    const { createKubeconfigConnection } = await import('../kubernetes/connection.ts');
    return createKubeconfigConnection(kubeconfig);
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
