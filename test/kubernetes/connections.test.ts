import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createInClusterConnection, createKubeconfigConnection } from '../../src/kubernetes/connection.ts';
import { json, startScriptedApi } from '../support/kubernetes/scripted-api.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-connections-'));
});
afterAll(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;

async function kubeconfig(content: unknown): Promise<string> {
  const file = join(folder, 'config');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const config = (server: string) => ({
  clusters: [{ name: 'c', cluster: { server } }],
  users: [{ name: 'u', user: { token: 'kubeconfig-token' } }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  'current-context': 'x',
});

test.for<readonly [name: string, content: unknown]>([
  ['text that is not YAML', '{'],
  ['an empty file', ''],
  ['no current context', { ...config('https://127.0.0.1'), 'current-context': 'other' }],
  ['an invalid address', config('127.0.0.1:6443 ')],
])('a kubeconfig with %s is rejected', async ([, content]) => {
  const file = await kubeconfig(content);
  await expect(createKubeconfigConnection(file)).rejects.toMatchObject({
    code: 'invalid-kubeconfig',
    message: expect.stringContaining(`"${file}"`),
  });
});

test('a missing kubeconfig is rejected', async () => {
  const file = join(folder, 'absent');
  await expect(createKubeconfigConnection(file)).rejects.toMatchObject({
    code: 'invalid-kubeconfig',
    message: `Cannot read kubeconfig "${file}": there is no such file or folder`,
    advice: 'Name one with --kubeconfig FILE.',
  });
});

test('a kubeconfig may name a local proxy by plain http, with a path', async () => {
  await using api = await startScriptedApi([json({})]);
  const file = await kubeconfig(config(`${api.connection.server.href}clusters/one/`));
  const client = createKubernetesClient(await createKubeconfigConnection(file));
  await client.request({ action: 'ask', path: '/version' }, never);
  expect(api.seen[0]).toMatchObject({
    path: '/clusters/one/version',
    headers: { authorization: 'Bearer kubeconfig-token' },
  });
});

/** `dist/config.js` is not a documented entry point of client-node, so an upgrade may break any of this. */
test('client-node still has what createKubeconfigConnection uses', async () => {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
  const loaded = new KubeConfig();
  const cluster = { server: 'http://127.0.0.1:1', 'proxy-url': 'http://127.0.0.1:2' };
  const file = { ...config(''), clusters: [{ name: 'c', cluster }] };
  loaded.loadFromFile(await kubeconfig(file));
  expect(loaded.getCurrentCluster(), 'getCurrentCluster().server and .proxyUrl').toMatchObject({
    server: cluster.server,
    proxyUrl: cluster['proxy-url'],
  });
  const direct = loaded.clusters.map(({ name, server }) => ({ name, server, skipTLSVerify: false }));
  loaded.clusters = direct;
  await expect(loaded.applyToHTTPSOptions({}), 'it rejects plain http').rejects.toThrow('HTTP');
  loaded.clusters = direct.map((known) => ({ ...known, skipTLSVerify: true }));
  const options: RequestOptions = { headers: {} };
  await loaded.applyToHTTPSOptions(options);
  expect(options.headers, 'applyToHTTPSOptions() adds the login').toMatchObject({
    Authorization: 'Bearer kubeconfig-token',
  });
});

test.for<readonly [host: string, href: string]>([
  ['10.96.0.1', 'https://10.96.0.1:6443/'],
  ['fd00::1', 'https://[fd00::1]:6443/'],
])('in a cluster with service address %s the server is %s', ([host, href]) => {
  expect(createInClusterConnection({ host, port: '6443' }).server.href).toBe(href);
});

test('outside a Pod, the error names the missing ServiceAccount files', async () => {
  const connection = createInClusterConnection({
    host: '127.0.0.1',
    port: '1',
    directory: join(folder, 'none'),
  });
  await expect(connection.requestOptions()).rejects.toMatchObject({
    code: 'unauthorized',
    message: expect.stringContaining('ServiceAccount files'),
  });
});
