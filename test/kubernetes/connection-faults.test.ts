import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { createServer as createSocketServer, type AddressInfo, type Server } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { connectContext } from '../../src/kubernetes/connection.ts';
import type { KubeconfigContext } from '../../src/kubernetes/kubeconfig.ts';
import { freePort } from '../support/lib/processes.ts';
import { certificateFor } from '../support/server/certificates.ts';

const DAY = 24 * 60 * 60 * 1000;
const call = { action: 'ask', path: '/version' };

async function start(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Asks a server as a kubeconfig with this CA would. */
async function ask(address: string, options: { readonly ca?: string; readonly user?: object } = {}) {
  const { ca, user = {} } = options;
  const cluster = {
    server: address,
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  };
  const context = { name: 'x', namespace: '', server: new URL(address), cluster, user };
  const client = createKubernetesClient(await connectContext(context as KubeconfigContext));
  return client.request(call, new AbortController().signal);
}

async function startTls(options: ServerOptions): Promise<string> {
  return `https://127.0.0.1:${await start(createServer(options, (_, response) => response.end('{}')))}`;
}

const KUBECONFIG_CA =
  'Name its CA in the kubeconfig: certificate-authority or certificate-authority-data of the cluster.';

describe('a certificate', () => {
  test.for<
    readonly [
      what: string,
      options: Parameters<typeof certificateFor>[0],
      isTrusted: boolean,
      state: string,
      advice: string,
    ]
  >([
    ['that is not trusted', {}, false, 'its certificate is self-signed and not trusted here', KUBECONFIG_CA],
    [
      'that has expired',
      { from: -2 * DAY, until: -DAY },
      true,
      'its certificate, or one in its chain, has expired',
      "Renew the API server's certificate, or correct the clock.",
    ],
    [
      'that is not valid yet',
      { from: DAY, until: 2 * DAY },
      true,
      'its certificate is not valid yet',
      'Correct the clock here or of the API server.',
    ],
    [
      'for another host',
      { ip: '127.0.0.9', names: ['api.test'] },
      true,
      'its certificate is not for "127.0.0.1", but for 127.0.0.9, api.test',
      "In the kubeconfig, use a name of the certificate in the cluster's server, or set its tls-server-name.",
    ],
  ])('%s', async ([, options, isTrusted, state, advice]) => {
    const pair = await certificateFor(options);
    const address = await startTls(pair);
    await expect(ask(address, isTrusted ? { ca: pair.cert } : {})).rejects.toMatchObject({
      code: 'tls',
      message: `Cannot ask: ${address}: ${state}`,
      advice,
    });
  });

  test('of the client is missing', async () => {
    const pair = await certificateFor();
    const address = await startTls({ ...pair, requestCert: true, rejectUnauthorized: true });
    await expect(ask(address, { ca: pair.cert })).rejects.toMatchObject({
      message: `Cannot ask: ${address}: it requires a client certificate`,
      advice: 'Name one in the kubeconfig: client-certificate and client-key of the user.',
    });
  });
});

test.for<readonly [what: string, start: () => Promise<string>, state: string, advice: string]>([
  [
    'plain HTTP in place of HTTPS',
    async () => `https://127.0.0.1:${await start(createHttpServer())}`,
    'it answers without TLS',
    'If it speaks plain HTTP, write http:// in the kubeconfig; otherwise check the port.',
  ],
  [
    'HTTPS in place of plain HTTP',
    async () => (await startTls(await certificateFor())).replace('https:', 'http:'),
    'it closed the connection without an answer',
    'If it speaks HTTPS, write https:// in the kubeconfig.',
  ],
  [
    'a connection that is closed in the handshake',
    async () =>
      `https://127.0.0.1:${await start(createSocketServer((socket) => socket.on('data', () => socket.destroy())))}`,
    'it closed the connection during the TLS handshake',
    'Check that the API server is running and reachable from here.',
  ],
  [
    'no server',
    async () => `https://127.0.0.1:${await freePort()}`,
    'connection refused',
    'Check that the API server is running and reachable from here.',
  ],
  [
    'no such name',
    () => Promise.resolve('https://api.invalid:6443'),
    'its name has no address',
    'Check the host name in the kubeconfig, and DNS.',
  ],
])('%s', async ([, begin, state, advice]) => {
  const address = await begin();
  await expect(ask(address)).rejects.toMatchObject({ message: `Cannot ask: ${address}: ${state}`, advice });
});

describe('a login', () => {
  test.for<readonly [what: string, user: object, message: string, advice: string]>([
    [
      'by a missing file',
      { 'client-certificate': '/nonexistent/tls.crt' },
      'it names "/nonexistent/tls.crt": there is no such file or folder',
      'Correct the path in the kubeconfig.',
    ],
    [
      'by a missing program',
      { exec: { command: 'no-such-login' } },
      'its login program "no-such-login": there is no such file or folder',
      'Install it, or put its folder on the PATH.',
    ],
    [
      'by a program that fails',
      { exec: { command: 'sh', args: ['-c', 'echo "session expired" >&2; exit 1'] } },
      'session expired',
      'Check the ServiceAccount token, or log in again for a kubeconfig.',
    ],
  ])('%s', async ([, user, state, advice]) => {
    await expect(ask('https://127.0.0.1:1', { user })).rejects.toMatchObject({
      message: `Cannot log in with context "x": ${state}`,
      advice,
    });
  });
});
