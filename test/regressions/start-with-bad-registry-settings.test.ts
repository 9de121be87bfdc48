import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kubeconfigText } from '../support/kubectl.ts';
import { run } from '../support/processes.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-start-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** No API server listens there; the program has to end before it could matter. */
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
    'Cannot read registry.caFile "/nonexistent.pem" (ENOENT',
  ],
  ['an address that is none', { allowAddresses: ['banana'] }, 2, 'Cannot allow address "banana"'],
  [
    'a mirror that is none',
    { mirrors: { 'docker.io': ['http://a b'] } },
    2,
    'Cannot use configuration key registry.mirrors: "http://a b" is no address',
  ],
  [
    'a registries file that does not exist',
    { registriesFile: '/nonexistent.yaml' },
    2,
    'Cannot read "/nonexistent.yaml"',
  ],
])('%s ends the program, in words, and does not leave it watching', async ([, registry, code, says]) => {
  const files = { config: join(folder, 'configuration.yaml'), kubeconfig: join(folder, 'kubeconfig') };
  const configuration = { apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration', registry };
  await writeFile(files.config, JSON.stringify(configuration));
  await writeFile(files.kubeconfig, kubeconfig);
  const flags = Object.entries(files).flatMap(([name, path]) => [`--${name}`, path]);
  // `timeout` ends what would go on for ever, with a code of its own.
  const output = await run('timeout', ['10', process.execPath, MAIN, 'serve', ...flags]);
  expect(output).toMatchObject({ code, stdout: '' });
  expect(output.stderr).toContain(says);
});
