import { Agent, type RequestOptions } from 'node:https';
import { describeFileState } from '../files/read-text.ts';
import { describeError } from '../lib/errors.ts';
import { AGENT_OPTIONS, type KubernetesConnection } from './connection.ts';
import { createKubernetesError } from './kubernetes-error.ts';

/**
 * The API server that a kubeconfig file's current context names, with whatever way to log in the file asks for (tokens,
 * client certificates, exec plugins, OIDC).
 *
 * client-node is loaded only here, when a kubeconfig is really used: its package has one entry that pulls in the models of
 * the whole API, and even `dist/config.js` alone imports them.
 */
export async function createKubeconfigConnection(file: string): Promise<KubernetesConnection> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    config.clusters = config.clusters.map(allowPlainHttp);
  } catch (cause) {
    throw createKubernetesError(`read kubeconfig "${file}"`, 'invalid-kubeconfig', {
      state: describeFileState(cause) ?? describeError(cause),
    });
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null || !URL.canParse(cluster.server)) {
    const state = 'its current context names no cluster with an address';
    throw createKubernetesError(`use kubeconfig "${file}"`, 'invalid-kubeconfig', { state });
  }
  const server = new URL(cluster.server);
  // Plain http does with Node's own agent, which keeps connections too.
  const agent = server.protocol === 'https:' ? new Agent(AGENT_OPTIONS) : undefined;

  return {
    server,
    requestOptions: async () => {
      const options: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(options);
      // Its own agent keeps no connection open; only a proxy needs it.
      return cluster.proxyUrl === undefined ? { ...options, agent } : options;
    },
  };
}

/** client-node refuses plain http, such as a `kubectl proxy` on this machine, unless told to skip a verification. */
function allowPlainHttp<Cluster extends { readonly server: string }>(cluster: Cluster): Cluster {
  return cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster;
}
