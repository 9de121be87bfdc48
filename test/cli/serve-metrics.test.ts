import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveWithoutCluster } from '../support/cli/serve-process.ts';
import { waitFor } from '../support/lib/processes.ts';
import { startServer } from '../support/server/http-server.ts';
import { readSeries } from '../support/telemetry/exposition.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-metrics-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function serve(...flags: readonly string[]) {
  const own = ['--development-certificates', join(folder, 'certificates')];
  return serveWithoutCluster(folder, [...own, ...flags]);
}

function scrape(port: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${String(port)}/metrics`);
}

test('metrics are served on the webhook’s host while the API server is unreachable, and show it', async () => {
  const { program, ended, heard } = await serve('--metrics-port', '0');
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
  const { program, ended, heard } = await serve('--config', file, '--metrics-port', '0');
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
  const { ended, said } = await serve('--metrics-port', String(taken.port));
  expect(await ended).toEqual([1, null]);
  expect(said.stderr).toContain(`Cannot listen on "127.0.0.1" port ${taken.port}: EADDRINUSE`);
}, 60_000);

test('metrics are not served without a port', async () => {
  const { program, ended, said, heard } = await serve();
  await heard('serving admissions');
  expect(said.stdout).not.toContain('serving metrics');
  program.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(said.stderr).toBe('');
}, 60_000);
