import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

let folder: string;
let silent: Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-stop-'));
  silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
});
afterAll(async () => {
  silent.closeAllConnections();
  silent.close();
  await rm(folder, { recursive: true, force: true });
});

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'test', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}

/** Runs `wasmgate serve`, and sends SIGTERM as soon as it logs these words or sends a request. */
async function serveUntil(server: string, words: string | Promise<unknown>) {
  const files = { config: join(folder, 'configuration.yaml'), kubeconfig: join(folder, 'kubeconfig') };
  const registry = { dockerConfig: join(folder, 'no-such-file.json') };
  const configuration = { apiVersion: 'wasmgate.dev/v1alpha1', kind: 'Configuration', registry };
  await writeFile(files.config, JSON.stringify(configuration));
  await writeFile(files.kubeconfig, kubeconfigFor(server));
  const flags = Object.entries(files).flatMap(([name, path]) => [`--${name}`, path]);
  const program = spawn(process.execPath, [MAIN, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(program, 'close');
  const said = { stdout: '', stderr: '' };
  program.stderr.on('data', (chunk: Buffer) => void (said.stderr += chunk.toString()));
  const heard = new Promise<void>((resolve) => {
    program.stdout.on('data', (chunk: Buffer) => {
      said.stdout += chunk.toString();
      if (typeof words === 'string' && said.stdout.includes(words)) resolve();
    });
  });
  await Promise.race([typeof words === 'string' ? heard : words, ended]);
  program.kill('SIGTERM');
  const [code] = (await ended) as [number | null];
  return { code, ...said };
}

test('SIGTERM while no API server is reachable ends it quietly', async () => {
  const { code, stderr } = await serveUntil('http://127.0.0.1:1', 'wasmgate-certificates');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('SIGTERM while the API server does not answer ends it quietly', async () => {
  const { port } = silent.address() as AddressInfo;
  const asked = new Promise((resolve) => {
    silent.on('request', ({ url }) => void (url?.includes('/secrets/') === true && resolve(url)));
  });
  const { code, stderr } = await serveUntil(`http://127.0.0.1:${port}`, asked);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('a missing Docker config is reported at start', async () => {
  const { stdout } = await serveUntil('http://127.0.0.1:1', 'no-such-file.json');
  expect(stdout).toContain('registry.dockerConfig');
});
