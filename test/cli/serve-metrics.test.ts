import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../support/lib/processes.ts';
import { startServer } from '../support/server/http-server.ts';
import { readSeries } from '../support/telemetry/exposition.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-metrics-'));
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: 'http://127.0.0.1:1' } }],
    users: [{ name: 'test', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  await writeFile(join(folder, 'kubeconfig'), JSON.stringify(kubeconfig));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `wasmgate serve` on free ports of this machine, with an unreachable cluster. */
function serve(...flags: readonly string[]) {
  const files = ['--kubeconfig', join(folder, 'kubeconfig'), '--cert-dir', join(folder, 'certificates')];
  const own = ['serve', ...files, '--host', '127.0.0.1', '--port', '0', ...flags];
  const program = spawn(process.execPath, [MAIN, ...own], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  program.stderr.on('data', (chunk: Buffer) => void (said.stderr += chunk.toString()));
  const ended = once(program, 'exit') as Promise<[number | null]>;
  const lines = createInterface({ input: program.stdout });
  /** Resolves with the log line that contains these words. */
  const heard = async (words: string): Promise<Readonly<Record<string, unknown>>> => {
    for await (const line of lines) {
      said.stdout += `${line}\n`;
      if (line.includes(words)) return JSON.parse(line) as Readonly<Record<string, unknown>>;
    }
    throw new Error(`it ended without a word of "${words}": ${said.stderr}`);
  };
  return { program, said, ended, heard };
}

function scrape(port: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${String(port)}/metrics`);
}

test('metrics are served on the webhook’s host while the API server is unreachable, and show it', async () => {
  const { program, ended, heard } = serve('--metrics-port', '0');
  const { host, port } = await heard('serving metrics');
  expect(host).toBe('127.0.0.1');
  const answer = await scrape(port);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const series = readSeries(await answer.text());
  expect(series['wasmgate_watch_synced{resource="runtimeclasses"}']).toBe(0);
  expect(Object.keys(series).some((name) => name.startsWith('wasmgate_build_info{version="0.'))).toBe(true);
  program.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
}, 60_000);

test('a configuration that becomes invalid at run time shows in a metric', async () => {
  const file = join(folder, 'configuration.yaml');
  /** Replaces the file atomically. */
  const write = async (mode: string): Promise<void> => {
    const text = `{apiVersion: wasmgate.dev/v1alpha1, kind: Configuration, policy: {mode: ${mode}}}`;
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  await write('audit');
  const { program, ended, heard } = serve('--config', file, '--metrics-port', '0');
  const { port } = await heard('serving metrics');
  await write('aduit');
  const series = await waitFor(
    async () => {
      const found = readSeries(await (await scrape(port)).text());
      return found['wasmgate_config_last_reload_successful'] === 0 && found;
    },
    { what: 'the wrong file to be found', seconds: 60 },
  );
  expect(series['wasmgate_config_reloads_total{result="failure"}']).toBe(1);
  program.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
}, 90_000);

test('a metrics port that is in use ends the start with an error', async () => {
  await using taken = await startServer(() => undefined);
  const { ended, said } = serve('--metrics-port', String(taken.port));
  expect(await ended).toEqual([1, null]);
  expect(said.stderr).toContain(`Cannot listen on "127.0.0.1" port ${taken.port}: EADDRINUSE`);
}, 60_000);

test('metrics are not served without a port', async () => {
  const { program, ended, said, heard } = serve();
  await heard('serving admissions');
  expect(said.stdout).not.toContain('serving metrics');
  program.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(said.stderr).toBe('');
}, 60_000);
