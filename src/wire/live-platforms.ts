import type { Io } from '../cli/io.ts';
import { tellWarning } from '../cli/tell.ts';
import type { Platform } from '../image/platform.ts';
import { createKubernetesClient } from '../kubernetes/client.ts';
import { listFacts } from '../kubernetes/collections.ts';
import { createFixedCluster } from '../kubernetes/fixed-cluster.ts';
import { platformsOf } from '../policy/nodes/platform-flags.ts';
import { kubeconfigPath } from './kubeconfig-path.ts';

/** Returns the platforms of the nodes that take Pods in the cluster of the kubeconfig; none where they may not be listed. */
export async function readLivePlatforms(
  kubeconfig: string | undefined,
  { io, signal }: { readonly io: Io; readonly signal: AbortSignal },
): Promise<readonly Platform[]> {
  const { createKubeconfigConnection } = await import('../kubernetes/connection.ts');
  const client = createKubernetesClient(await createKubeconfigConnection(kubeconfigPath(kubeconfig, io.env)));
  const { objects, forbidden } = await listFacts(client, signal, ['Node']);
  for (const { message } of forbidden) tellWarning(io, message);
  const { nodes } = createFixedCluster(objects, 'default').cluster.view();
  return platformsOf(nodes.filter(({ unschedulable }) => !unschedulable));
}
