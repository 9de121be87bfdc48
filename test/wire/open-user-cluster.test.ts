import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openUserCluster } from '../../src/wire/open-user-cluster.ts';
import { json, startScriptedApi } from '../support/kubernetes/scripted-api.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-user-cluster-'));
});
afterAll(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;
const usual = { kubeconfig: undefined, context: undefined };

/** A kubeconfig with one context of the same name. */
function config(name: string, server: string, namespace?: string) {
  return {
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: {} }],
    contexts: [
      { name, context: { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) } },
    ],
    'current-context': name,
  };
}

async function write(name: string, content: unknown): Promise<string> {
  const file = join(folder, name);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

describe('a kubeconfig', () => {
  test('in KUBECONFIG is merged with others, and missing ones are skipped', async () => {
    const files = [
      join(folder, 'absent'),
      await write('one', config('one', 'https://one.example:6443', 'shop')),
      await write('two', config('two', 'https://two.example:6443')),
    ];
    const env = { KUBECONFIG: files.join(delimiter) };
    expect(await openUserCluster(usual, env)).toMatchObject({
      server: new URL('https://one.example:6443'),
      namespace: 'shop',
    });
    expect(await openUserCluster({ ...usual, context: 'two' }, env)).toMatchObject({
      server: new URL('https://two.example:6443'),
      namespace: 'default',
    });
  });

  test('in the home folder is used without KUBECONFIG', async () => {
    await write('home/.kube/config', config('home', 'https://home.example:6443'));
    const env = { HOME: join(folder, 'home'), KUBECONFIG: '' };
    expect((await openUserCluster(usual, env)).server.host).toBe('home.example:6443');
  });

  test('named by a flag is the only one, and must exist', async () => {
    const KUBECONFIG = await write('other', config('other', 'https://other.example:6443'));
    const kubeconfig = await write('named', config('named', 'https://named.example:6443'));
    expect((await openUserCluster({ ...usual, kubeconfig }, { KUBECONFIG })).server.host).toBe(
      'named.example:6443',
    );
    const absent = join(folder, 'absent');
    await expect(openUserCluster({ ...usual, kubeconfig: absent }, { KUBECONFIG })).rejects.toThrow(absent);
    await expect(openUserCluster({ kubeconfig, context: 'other' }, { KUBECONFIG })).rejects.toThrow(
      'it has no context "other".',
    );
  });

  test('may have a token in a file beside it, which is read for each request', async () => {
    await using api = await startScriptedApi([json({}), json({})]);
    const content = config('x', api.connection.server.href);
    const kubeconfig = await write('token/config', {
      ...content,
      users: [{ name: 'x', user: { tokenFile: 'token' } }],
    });
    await expect(openUserCluster({ ...usual, kubeconfig }, {})).rejects.toMatchObject({
      code: 'invalid-kubeconfig',
      message: `Cannot log in with context "x": it names "${join(folder, 'token/token')}": there is no such file or folder`,
    });
    await write('token/token', 'none');
    const { client } = await openUserCluster({ ...usual, kubeconfig }, {});
    for (const token of ['first', 'second']) {
      await write('token/token', `${token}\n`);
      await client.request({ action: 'ask', path: '/version' }, never);
    }
    expect(api.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
  });
});

describe('in a Pod', () => {
  const HOME = '/nonexistent';
  const env = { HOME, KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

  test('without a kubeconfig, its ServiceAccount names server and namespace', async () => {
    const directory = join(folder, 'account');
    await write('account/namespace', 'tools\n');
    expect(await openUserCluster(usual, env, directory)).toMatchObject({
      server: new URL('https://10.96.0.1'),
      namespace: 'tools',
    });
    const named = await openUserCluster(usual, { ...env, POD_NAMESPACE: 'other' }, directory);
    expect(named.namespace).toBe('other');
  });

  test('a kubeconfig wins', async () => {
    const KUBECONFIG = await write('one', config('one', 'https://one.example:6443'));
    expect((await openUserCluster(usual, { ...env, KUBECONFIG })).server.host).toBe('one.example:6443');
  });

  test('a context needs a kubeconfig', async () => {
    await expect(openUserCluster({ ...usual, context: 'prod' }, env)).rejects.toMatchObject({
      message: 'Cannot find a cluster: there is no kubeconfig "/nonexistent/.kube/config"',
    });
  });
});

test('without any, the error names the files', async () => {
  const env = { KUBECONFIG: ['/nonexistent/a', '/nonexistent/b'].join(delimiter) };
  await expect(openUserCluster(usual, env)).rejects.toMatchObject({
    code: 'no-cluster',
    message: 'Cannot find a cluster: there is no kubeconfig "/nonexistent/a", "/nonexistent/b"',
    advice: 'Name one with --kubeconfig FILE, or in the variable KUBECONFIG.',
  });
});
