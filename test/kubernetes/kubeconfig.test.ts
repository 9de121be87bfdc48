import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mergeKubeconfigs, readKubeconfig, selectContext } from '../../src/kubernetes/kubeconfig.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-kubeconfig-'));
  await mkdir(join(folder, 'a'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

const FIRST = `
clusters: [{name: c, cluster: {server: https://first, certificate-authority: ca.crt}}]
users: [{name: u, user: {client-certificate: tls/u.crt, client-key: /abs/u.key, tokenFile: token}}]
contexts: [{name: shop, context: {cluster: c, user: u, namespace: shop}}]
`;

const SECOND = `
clusters:
- {name: c, cluster: {server: https://second, tls-server-name: other}}
- {name: d, cluster: {server: https://third}}
users: [{name: v, user: {exec: {command: ./login, args: [a]}}}, {name: w, user: {exec: {command: login}}}]
contexts:
- {name: prod, context: {cluster: d, user: v}}
- {name: bare, context: {cluster: d}}
- {name: path, context: {cluster: d, user: w}}
- {name: lost, context: {cluster: gone, user: v}}
- {name: stranger, context: {cluster: d, user: gone}}
current-context: prod
`;

async function merged() {
  const files = [await write('a/first', FIRST), join(folder, 'absent'), await write('second', SECOND)];
  const config = await mergeKubeconfigs(files);
  if (config === null) throw new Error('nothing was read');
  return config;
}

describe('several kubeconfigs', () => {
  test('the first file with an entry wins, and nothing of another file’s is mixed in', async () => {
    const { cluster, namespace } = selectContext(await merged(), 'shop');
    expect(cluster).toEqual({
      server: 'https://first',
      'certificate-authority': join(folder, 'a', 'ca.crt'),
    });
    expect(namespace).toBe('shop');
  });

  test('paths are relative to the folder of their file', async () => {
    const config = await merged();
    expect(selectContext(config, 'shop').user).toEqual({
      'client-certificate': join(folder, 'a', 'tls', 'u.crt'),
      'client-key': '/abs/u.key',
      tokenFile: join(folder, 'a', 'token'),
    });
    expect(selectContext(config).user).toEqual({ exec: { command: join(folder, 'login'), args: ['a'] } });
    expect(selectContext(config, 'path').user).toEqual({ exec: { command: 'login' } });
  });

  test('the first file that sets a current context wins', async () => {
    expect(selectContext(await merged())).toMatchObject({
      name: 'prod',
      namespace: '',
      cluster: { server: 'https://third' },
    });
    const third = await write('third', 'current-context: shop');
    const config = await mergeKubeconfigs([...(await merged()).files, third]);
    expect(config?.currentContext).toBe('prod');
  });

  test('a context may lack a user', async () => {
    expect(selectContext(await merged(), 'bare').user).toEqual({});
  });

  test('none of the files exists', async () => {
    expect(await mergeKubeconfigs([join(folder, 'absent'), join(folder, 'absent', 'too')])).toBeNull();
  });

  test('a file that exists and cannot be read is an error', async () => {
    const broken = await write('broken', 'users: [{name: u, user: {token: very-secret}');
    await expect(mergeKubeconfigs([broken, await write('second', SECOND)])).rejects.toMatchObject({
      code: 'invalid-kubeconfig',
      message: expect.stringMatching(
        /^Cannot read kubeconfig ".*\/broken": (?!.*very-secret)[^\n]* at line 1, column \d+$/,
      ),
    });
  });
});

test.for<readonly [context: string, state: string, advice: string | null, blame: string]>([
  [
    'prd',
    'it has no context "prd". Did you mean "prod"?',
    'Name one of its contexts with --context: prod, bare, path, lost, stranger.',
    'input',
  ],
  ['lost', 'its context "lost" names cluster "gone", which it does not have', null, 'world'],
  ['stranger', 'its context "stranger" names user "gone", which it does not have', null, 'world'],
])('context %s cannot be used', async ([context, state, advice, blame]) => {
  const file = await write('second', SECOND);
  const config = await readKubeconfig(file);
  expect(() => selectContext(config, context)).toThrow(
    expect.objectContaining({ message: `Cannot use kubeconfig "${file}": ${state}`, advice, blame }),
  );
});

test('a kubeconfig without a current context lists its contexts', async () => {
  const config = await readKubeconfig(await write('first', FIRST));
  expect(() => selectContext(config)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining('it sets no current-context'),
      advice: 'Name one of its contexts with --context: shop.',
    }),
  );
});

test.for([
  ['a list', '[]', 'it is not a kubeconfig'],
  ['words for clusters', 'clusters: none', '"clusters" is not a list'],
])('a kubeconfig that is %s is rejected', async ([, text = '', state]) => {
  const file = await write('strange', text);
  await expect(readKubeconfig(file)).rejects.toMatchObject({
    message: `Cannot read kubeconfig "${file}": ${state}`,
  });
});
