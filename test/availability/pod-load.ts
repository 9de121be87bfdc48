import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { KubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { pod } from '../support/kubernetes/objects.ts';

/** What became of one created Pod. */
export interface Creation {
  /** Milliseconds since the load began. */
  readonly at: number;
  readonly milliseconds: number;
  /**
   * `judged`: created with its class · `unjudged`: created without · `denied`: by wasmgate · `failed`: the API server could not
   * call wasmgate and fails closed · `unreachable`: the API server itself did not answer.
   */
  readonly result: 'judged' | 'unjudged' | 'denied' | 'failed' | 'unreachable';
  /** What the API server said; empty for a created Pod. */
  readonly message: string;
}

export interface LoadOptions {
  readonly namespace: string;
  readonly image: string;
  /** At most: each client waits for its answer, so a slow machine gets fewer. */
  readonly perSecond: number;
}

export interface Load {
  /** Ends the load and resolves with every creation, in order. */
  readonly stop: () => Promise<readonly Creation[]>;
}

interface Answer {
  readonly spec?: { readonly runtimeClassName?: string };
  readonly message?: string;
}

function resultOf(status: number, { spec, message = '' }: Answer): Pick<Creation, 'result' | 'message'> {
  if (status === 201)
    return { result: spec?.runtimeClassName === undefined ? 'unjudged' : 'judged', message: '' };
  return { result: message.includes('denied the request') ? 'denied' : 'failed', message };
}

/** Clients that create Pods at the same time. */
const CLIENTS = 4;

let loads = 0;

/** Creates Pods with a Wasm image at a steady rate through the API server, and deletes them again. */
export async function startPodLoad(kubernetes: KubernetesServer, options: LoadOptions): Promise<Load> {
  const { users } = JSON.parse(await readFile(kubernetes.kubeconfig, 'utf8')) as {
    readonly users: readonly { readonly user: { readonly token: string } }[];
  };
  const headers = {
    authorization: `Bearer ${users[0]?.user.token ?? ''}`,
    'content-type': 'application/json',
  };
  // The test trusts the API server that it started.
  const agent = new Agent({ connect: { rejectUnauthorized: false }, connections: 2 * CLIENTS });
  const collection = `${kubernetes.url}/api/v1/namespaces/${options.namespace}/pods`;
  const load = (loads += 1);
  const started = performance.now();
  const creations: Creation[] = [];

  async function create(name: string): Promise<void> {
    const at = performance.now();
    const record = (seen: Pick<Creation, 'result' | 'message'>): void =>
      void creations.push({ at: at - started, milliseconds: performance.now() - at, ...seen });
    try {
      const spec = { containers: [{ name: 'main', image: options.image }] };
      const body = JSON.stringify(pod(name, options.namespace, { spec }));
      const answer = await request(collection, { method: 'POST', headers, body, dispatcher: agent });
      record(resultOf(answer.statusCode, (await answer.body.json()) as Answer));
      if (answer.statusCode !== 201) return;
    } catch (error) {
      record({ result: 'unreachable', message: String(error) });
      return;
    }
    const url = `${collection}/${name}?gracePeriodSeconds=0`;
    await request(url, { method: 'DELETE', headers, dispatcher: agent })
      .then(({ body }) => body.dump())
      .catch(() => {});
  }

  const stopping = new AbortController();
  const pauseMilliseconds = (1000 * CLIENTS) / options.perSecond;
  const client = async (number: number): Promise<void> => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const next = sleep(pauseMilliseconds, undefined, { signal: stopping.signal }).catch(() => {});
      await create(`load-${load}-${number}-${turn}`);
      await next;
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, number) => client(number));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(clients);
      await agent.close();
      return creations;
    },
  };
}
