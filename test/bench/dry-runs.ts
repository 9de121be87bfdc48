import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import type { KubernetesServer } from '../support/kubernetes/kubernetes-server.ts';

/** Clients that create Pods at the same time. */
const CLIENTS = 16;

export interface DryRuns {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly latencies: readonly number[];
}

export interface DryRunOptions {
  readonly namespace: string;
  /** Of the Pods, in turn. */
  readonly images: readonly { readonly reference: string; readonly runtimeClass: string | null }[];
  /** Pods must come back with the class of their image; otherwise without a class. */
  readonly isChanged: boolean;
}

interface Pod {
  readonly spec?: { readonly runtimeClassName?: string };
}

/** Creates Pods through the API server, without storing them, until the time is over. */
export async function createDryRunClients({ kubeconfig, url }: KubernetesServer) {
  const { users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as {
    readonly users: readonly { readonly user: { readonly token: string } }[];
  };
  const headers = {
    authorization: `Bearer ${users[0]?.user.token ?? ''}`,
    'content-type': 'application/json',
  };
  // The benchmark trusts the API server that it started.
  const agent = new Agent({ connect: { rejectUnauthorized: false }, connections: CLIENTS });
  let count = 0;

  async function create({ namespace, images, isChanged }: DryRunOptions): Promise<void> {
    count += 1;
    const image = images[count % images.length];
    const body = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `pod-${count}`, namespace, labels: { app: `app-${count % 64}` } },
      spec: { containers: [{ name: 'app', image: image?.reference }] },
    });
    const collection = `${url}/api/v1/namespaces/${namespace}/pods?dryRun=All`;
    const answer = await request(collection, { method: 'POST', headers, body, dispatcher: agent });
    const text = await answer.body.text();
    const pod = JSON.parse(text) as Pod;
    const expected = (isChanged ? image?.runtimeClass : null) ?? undefined;
    if (answer.statusCode === 201 && pod.spec?.runtimeClassName === expected) return;
    throw new Error(`Cannot create a Pod: ${answer.statusCode} ${text}`);
  }

  return {
    create,
    run: async (milliseconds: number, options: DryRunOptions): Promise<DryRuns> => {
      const latencies: number[] = [];
      const started = performance.now();
      const until = started + milliseconds;
      const client = async (): Promise<void> => {
        for (let at = performance.now(); at < until; at = performance.now()) {
          await create(options);
          latencies.push(performance.now() - at);
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      return { perSecond: latencies.length / ((performance.now() - started) / 1000), latencies };
    },
    [Symbol.asyncDispose]: () => agent.close(),
  };
}
