import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { createKubernetesClient } from '../../../src/kubernetes/client.ts';
import { createKubeconfigConnection } from '../../../src/kubernetes/connection.ts';
import { createWebhookConfigurations } from '../../../src/kubernetes/webhook-configurations.ts';
import type { WasmgateProgram } from './wasmgate-program.ts';

/** The name that the API server dials. */
const NAME = 'wasmgate.wasmgate-system.svc';
const never = new AbortController().signal;

/** Returns what a replica serves, to a client that trusts anyone. */
export async function certificateAt(port: number): Promise<X509Certificate> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  const { raw } = await peerOf(socket);
  return new X509Certificate(raw);
}

async function peerOf(socket: TLSSocket) {
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate();
  } finally {
    socket.destroy();
  }
}

/** Returns a function that reads the distinct texts of `caBundle` in both configurations. */
export async function createBundleReader(kubeconfig: string): Promise<() => Promise<readonly string[]>> {
  const client = createKubernetesClient(await createKubeconfigConnection(kubeconfig));
  const configurations = createWebhookConfigurations({ client, logger: { info: () => undefined } });
  return async () => {
    const found = await configurations.read(never);
    return [...new Set(found.flatMap((bundles) => bundles ?? []))];
  };
}

/**
 * Shakes hands with replicas as the API server does, until it is stopped: each time with the `caBundle` of each webhook. Returns
 * what went wrong, and what was served meanwhile.
 */
export function watchTrust(
  readBundles: () => Promise<readonly string[]>,
  replicas: readonly WasmgateProgram[],
) {
  const faults: string[] = [];
  const served = new Set<string>();
  const stopping = new AbortController();
  let handshakes = 0;
  const shakeHands = async (port: number, ca: string): Promise<void> => {
    try {
      const { fingerprint256 } = await peerOf(connect({ host: '127.0.0.1', port, ca, servername: NAME }));
      served.add(fingerprint256);
      handshakes += 1;
    } catch (error) {
      faults.push(`${port}: ${String(error)}`);
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const bundle of await readBundles())
        for (const { port } of replicas) await shakeHands(port, bundle);
      await sleep(100);
    }
  };
  const running = run();
  const stop = async () => {
    stopping.abort();
    await running;
    return { faults, served, handshakes };
  };
  onTestFinished(async () => void (await stop()));
  return { stop };
}
