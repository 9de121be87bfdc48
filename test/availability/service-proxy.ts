import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { probe } from '../support/e2e/probe.ts';

/** How a kubelet probes readiness, as in manifests/base/deployment.yaml. */
export interface Probing {
  readonly periodMilliseconds: number;
  readonly failureThreshold: number;
}

interface Backend {
  readonly port: number;
  isReady: boolean;
  failures: number;
  readonly sockets: Set<Socket>;
}

export interface ServiceProxy extends AsyncDisposable {
  readonly port: number;
  /** Adds a replica; it gets connections once its probe succeeds. Resolves then. */
  readonly add: (port: number) => Promise<void>;
  /** Sends a replica no new connection, as for a Pod that terminates; those that exist stay open. */
  readonly retire: (port: number) => void;
  readonly remove: (port: number) => void;
}

/**
 * Stands in for a Service: it forwards each connection to the next ready replica and knows nothing of what they carry. Like
 * kube-proxy, it leaves existing connections where they are when a replica is no longer ready.
 */
export async function startServiceProxy({
  periodMilliseconds,
  failureThreshold,
}: Probing): Promise<ServiceProxy> {
  const backends = new Map<number, Backend>();
  let turn = 0;
  const next = (): Backend | undefined => {
    const ready = [...backends.values()].filter(({ isReady }) => isReady);
    return ready[(turn += 1) % ready.length];
  };
  const server = createServer((client) => {
    const backend = next();
    if (backend === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect({ host: '127.0.0.1', port: backend.port });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      backend.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        backend.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const check = async (backend: Backend): Promise<void> => {
    const isReady = (await probe(backend.port, '/readyz')) === 200;
    backend.failures = isReady ? 0 : backend.failures + 1;
    if (isReady) backend.isReady = true;
    else if (backend.failures >= failureThreshold) backend.isReady = false;
  };
  const stopping = new AbortController();
  const probing = (async () => {
    while (!stopping.signal.aborted) {
      await Promise.all([...backends.values()].map(check));
      await sleep(periodMilliseconds, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  return {
    port: (server.address() as AddressInfo).port,
    add: async (port) => {
      const backend: Backend = { port, isReady: false, failures: 0, sockets: new Set() };
      backends.set(port, backend);
      while (!backend.isReady && !stopping.signal.aborted) await sleep(50);
    },
    retire: (port) => void backends.delete(port),
    remove: (port) => {
      for (const socket of backends.get(port)?.sockets ?? []) socket.destroy();
      backends.delete(port);
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await probing;
      server.close();
      for (const { sockets } of backends.values()) for (const socket of sockets) socket.destroy();
    },
  };
}
