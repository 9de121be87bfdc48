import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ClusterChoice } from '../cli/cluster-flags.ts';
import type { Io } from '../cli/io.ts';
import { createKubernetesClient, type KubernetesClient } from '../kubernetes/client.ts';
import { ACCOUNT_DIRECTORY, connectContext } from '../kubernetes/connection.ts';
import {
  mergeKubeconfigs,
  readKubeconfig,
  selectContext,
  type Kubeconfig,
} from '../kubernetes/kubeconfig.ts';
import { isKubernetesError } from '../kubernetes/kubernetes-error.ts';
import { AppError } from '../lib/errors.ts';
import { connectPod } from './connect-kubernetes.ts';

/** A cluster as the user of a command sees it. */
export interface UserCluster {
  readonly client: KubernetesClient;
  readonly server: URL;
  /** The namespace of objects that name none. */
  readonly namespace: string;
}

const DEFAULT_NAMESPACE = 'default';

/** Returns the files that kubectl reads without --kubeconfig. */
function usualFiles(env: Io['env']): readonly string[] {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return named.length > 0 ? named : [join(env['HOME'] ?? homedir(), '.kube', 'config')];
}

/** Returns the kubeconfig that kubectl would use; null if there is none. */
export async function readUserKubeconfig(
  file: string | undefined,
  env: Io['env'],
): Promise<Kubeconfig | null> {
  return file === undefined ? mergeKubeconfigs(usualFiles(env)) : readKubeconfig(file);
}

async function openKubeconfig(config: Kubeconfig, context: string | undefined): Promise<UserCluster> {
  const selected = selectContext(config, context);
  const connection = await connectContext(selected);
  // Reports a missing file once, and not with each request. A login that fails may succeed later.
  await connection.requestOptions().catch((error: unknown) => {
    if (isKubernetesError(error, 'invalid-kubeconfig')) throw error;
  });
  const namespace = selected.namespace === '' ? DEFAULT_NAMESPACE : selected.namespace;
  return { client: createKubernetesClient(connection), server: connection.server, namespace };
}

/** Returns the cluster of this Pod, and its namespace, as client-go finds it. */
async function openPodCluster(env: Io['env'], directory: string): Promise<UserCluster | null> {
  const connection = connectPod(env, directory);
  if (connection === null) return null;
  const mounted = await readFile(join(directory, 'namespace'), 'utf8').catch(() => '');
  const namespace = [env['POD_NAMESPACE'] ?? '', mounted.trim()].find((name) => name !== '');
  return {
    client: createKubernetesClient(connection),
    server: connection.server,
    namespace: namespace ?? DEFAULT_NAMESPACE,
  };
}

/**
 * Opens the cluster that kubectl would use: by the named kubeconfig, else by those in KUBECONFIG or the usual one, else in a Pod by
 * its ServiceAccount.
 * @param directory where the kubelet mounts the ServiceAccount
 * @throws AppError if there is none, or if its kubeconfig is invalid
 */
export async function openUserCluster(
  { kubeconfig, context }: ClusterChoice,
  env: Io['env'],
  directory: string = ACCOUNT_DIRECTORY,
): Promise<UserCluster> {
  const config = await readUserKubeconfig(kubeconfig, env);
  if (config !== null) return openKubeconfig(config, context);
  const pod = context === undefined ? await openPodCluster(env, directory) : null;
  if (pod !== null) return pod;
  const absent = usualFiles(env)
    .map((file) => `"${file}"`)
    .join(', ');
  throw new AppError('no-cluster', `Cannot find a cluster: there is no kubeconfig ${absent}`, {
    advice: 'Name one with --kubeconfig FILE, or in the variable KUBECONFIG.',
  });
}
