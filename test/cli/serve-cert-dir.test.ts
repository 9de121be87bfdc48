import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { issue, type Issued } from '../support/certs/issue.ts';
import { mountSecret } from '../support/certs/mounted-secret.ts';
import { serveWithoutCluster } from '../support/cli/serve-process.ts';

const NAMES = ['wasmgate.wasmgate-system.svc'];

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-cert-dir-'));
});
afterEach(() => rm(folder, { recursive: true }));

const certDir = (): string => join(folder, 'certificates');

function mount({ cert, key }: Issued): Promise<void> {
  return mountSecret(certDir(), { 'tls.crt': cert, 'tls.key': key });
}

/** A client that keeps its connection. */
function createClient(port: unknown) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const get = async () => {
    const asked = request({ agent, host: '127.0.0.1', port: Number(port), path: '/readyz?verbose' });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage & { readonly socket: TLSSocket }];
    const { socket } = answer;
    const commonName = socket.getPeerX509Certificate()?.subject;
    return { text: await readText(answer), socket, commonName };
  };
  return { get, close: () => agent.destroy() };
}

test('a mounted certificate is swapped live: a connection stays, new ones get the new one', async () => {
  await mount(await issue({ commonName: 'first', names: NAMES }));
  const { program, ended, heard } = await serveWithoutCluster(folder, ['--cert-dir', certDir()]);
  const { port } = await heard('serving admissions');
  const before = createClient(port);
  const { socket, commonName } = await before.get();
  expect(commonName).toBe('CN=first');

  await mount(await issue({ commonName: 'second', names: NAMES }));
  await heard('serving the new certificate');
  const after = createClient(port);
  expect((await after.get()).commonName).toBe('CN=second');
  expect((await before.get()).socket).toBe(socket);

  before.close();
  after.close();
  program.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('it is not ready while the mounted certificate is expired, and recovers with the next', async () => {
  await mount(await issue({ commonName: 'old', names: NAMES, from: -2, to: -1 }));
  const { program, ended, heard } = await serveWithoutCluster(folder, ['--cert-dir', certDir()]);
  const { port } = await heard('serving admissions');
  const client = createClient(port);
  expect((await client.get()).text).toContain('[-]certificate failed: the serving certificate expired at ');
  await mount(await issue({ commonName: 'new', names: NAMES }));
  await heard('serving the new certificate');
  expect((await client.get()).text).toContain('[+]certificate ok');
  client.close();
  program.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('a folder for development certificates, as --cert-dir once took it, gets an error that names its flag', async () => {
  const { ended, said } = await serveWithoutCluster(folder, ['--cert-dir', certDir()]);
  expect(await ended).toEqual([2, null]);
  expect(said.stderr).toContain(`Cannot read "${join(certDir(), 'tls.crt')}": there is no such file`);
  expect(said.stderr).toContain(`--development-certificates ${certDir()}`);
});

test('the two flags exclude each other', async () => {
  const flags = ['--cert-dir', certDir(), '--development-certificates', certDir()];
  const { ended, said } = await serveWithoutCluster(folder, flags);
  expect(await ended).toEqual([2, null]);
  expect(said.stderr).toContain('--cert-dir and --development-certificates exclude each other');
});
