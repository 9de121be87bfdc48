import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runWasmgate } from '../support/cli/run-wasmgate.ts';
import { kubeconfigText } from '../support/kubernetes/kubectl.ts';
import { run } from '../support/lib/processes.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** No API server listens there; the program must exit before it tries. */
const kubeconfig = kubeconfigText({
  server: 'https://127.0.0.1:1',
  certificateAuthority: '/nonexistent.pem',
  token: 'none',
});

test.for<readonly [name: string, registry: object, code: number, says: string]>([
  [
    'a CA file that does not exist',
    { caFile: '/nonexistent.pem' },
    2,
    '\n  registry.caFile: Cannot read "/nonexistent.pem": there is no such file or folder',
  ],
  [
    'an address that is none',
    { allowAddresses: ['banana'] },
    2,
    'line 1: registry.allowAddresses[0]: "banana" is neither an address nor a CIDR.',
  ],
  [
    'a mirror that is none',
    { mirrors: { 'docker.io': ['http://a b'] } },
    2,
    'line 1: registry.mirrors["docker.io"][0]: "http://a b" is not an address.',
  ],
  [
    'a registries file that does not exist',
    { registriesFile: '/nonexistent.yaml' },
    2,
    '\n  registry.registriesFile: Cannot read registries file "/nonexistent.yaml"',
  ],
])('%s ends the program, in words, and does not leave it watching', async ([, registry, code, says]) => {
  const files = { config: join(folder, 'configuration.yaml'), kubeconfig: join(folder, 'kubeconfig') };
  const configuration = { apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration', registry };
  await writeFile(files.config, JSON.stringify(configuration));
  await writeFile(files.kubeconfig, kubeconfig);
  const flags = Object.entries(files).flatMap(([name, path]) => [`--${name}`, path]);
  // `timeout` kills a program that would run forever, with a distinct exit code.
  const output = await run('timeout', ['60', process.execPath, MAIN, 'serve', ...flags]);
  expect(output).toMatchObject({ code, stdout: '' });
  expect(output.stderr).toContain(says);
});

test.for<readonly [name: string, lines: readonly string[], says: string]>([
  [
    'an address',
    ['  allowAddresses:', '    - 10.0.0.0/8', '    - nonsense'],
    'line 6: registry.allowAddresses[1]: "nonsense" is neither an address nor a CIDR.',
  ],
  [
    'a mirror',
    ['  mirrors:', '    docker.io:', '      - "http://a b"'],
    'line 6: registry.mirrors["docker.io"][0]: "http://a b" is not an address.',
  ],
  [
    'a mirror with more than a path',
    ['  mirrors: {docker.io: ["https://mirror.internal?x=1"]}'],
    'line 4: registry.mirrors["docker.io"][0]: the address of mirror.internal has more than a path.',
  ],
  [
    'a key without its certificate',
    ['  tls:', '    a.internal: {keyFile: /k.pem}'],
    'line 5: registry.tls["a.internal"].keyFile: it needs certFile.',
  ],
])('config check and review say of %s what serve would', async ([, lines, says]) => {
  const config = join(folder, 'checked.yaml');
  const text = ['apiVersion: wasmgate.dev/v1alpha1', 'kind: Configuration', 'registry:', ...lines];
  await writeFile(config, text.join('\n'));
  const pod = join(folder, 'pod.yaml');
  await writeFile(pod, 'apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: b}]}\n');
  const output = {
    exitCode: 2,
    stdout: '',
    stderr: expect.stringContaining(`: 1 problem\n  ${says}\n`),
  };
  expect(await runWasmgate(['config', 'check', config])).toEqual(output);
  expect(await runWasmgate(['review', '-f', pod, '--config', config])).toEqual(output);
});
