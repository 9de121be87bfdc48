import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditReport } from '../../../src/audit/audit-report.ts';
import { runWasmgate } from '../../support/cli/run-wasmgate.ts';
import { putFixtureImages } from '../../support/image/fixture-images.ts';
import { startPagedCluster, type PagedCluster } from '../../support/kubernetes/paged-cluster.ts';
import { startRegistry, type TestRegistry } from '../../support/registry/registry.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

let registry: TestRegistry;
let folder: string;
beforeAll(async () => {
  registry = await startRegistry({ images: putFixtureImages });
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-audit-'));
});
afterAll(async () => {
  await registry.close();
  await rm(folder, { recursive: true });
});

async function kubeconfigOf({ kubeconfig }: PagedCluster): Promise<string> {
  const file = join(folder, 'kubeconfig');
  await writeFile(file, kubeconfig);
  return file;
}

function options() {
  const image = `${registry.host}/corpus/bk-wasi-wasm`;
  return { pods: 300, podsPerDeployment: 100, image, runtimeClass: 'wasmtime' };
}

test('a list that expires halfway goes on where the API server offers it, and counts each Pod once', async () => {
  await using cluster = await startPagedCluster({
    ...options(),
    expires: (path, offset) => path === '/api/v1/pods' && offset === 100,
  });
  const { stdout } = await runWasmgate([
    'audit',
    '-A',
    '-o',
    'json',
    '--kubeconfig',
    await kubeconfigOf(cluster),
  ]);
  const { isComplete, summary } = JSON.parse(stdout) as AuditReport;
  expect(isComplete).toBe(true);
  expect(summary).toMatchObject({ workloads: 3, pods: { running: 300, failing: 3 } });
});

test('a reader that closes the pipe of a large report is no error, and the exit code stays', async () => {
  await using cluster = await startPagedCluster({ ...options(), podsPerDeployment: 1 });
  const flags = ['audit', '-A', '-o', 'json', '--kubeconfig', await kubeconfigOf(cluster)];
  const program = spawn(process.execPath, [MAIN, ...flags, '--fail-on', 'never'], { stdio: 'pipe' });
  const stderr = text(program.stderr);
  await once(program.stdout, 'readable');
  program.stdout.destroy();
  expect(await once(program, 'exit')).toEqual([0, null]);
  expect(await stderr).not.toContain('EPIPE');
});

test('Ctrl-C ends the audit, which prints what it has', async () => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using cluster = await startPagedCluster({
    ...options(),
    delay: async (path, offset) => {
      if (path !== '/api/v1/pods' || offset < 200) return;
      reach();
      await released;
    },
  });
  const program = spawn(
    process.execPath,
    [MAIN, 'audit', '-A', '-o', 'json', '--kubeconfig', await kubeconfigOf(cluster)],
    { env: { PATH: process.env['PATH'], HOME: folder }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exited = Promise.withResolvers<number | null>();
  program.once('exit', exited.resolve);
  const output = Promise.all([text(program.stdout), text(program.stderr)]);
  await reached;
  program.kill('SIGINT');
  expect(await exited.promise).toBe(130);
  release();
  const [stdout, stderr] = await output;
  const report = JSON.parse(stdout) as AuditReport;
  expect(report).toMatchObject({ isComplete: false, isInterrupted: true });
  expect(report.summary).toMatchObject({ workloads: 3, pods: { running: 200 } });
  expect(stderr).toContain('the audit was interrupted; the report holds what was judged');
});
