import { spawn } from 'node:child_process';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { AuditReport } from '../../src/audit/audit-report.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { startPagedCluster, type PagedCluster } from '../support/kubernetes/paged-cluster.ts';
import { startRegistry } from '../support/registry/registry.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** Writes what the process has used on a channel of its own. */
const REPORT = join(import.meta.dirname, '..', 'support', 'lib', 'report-usage.cjs');

interface MeasuredRun {
  readonly code: number | null;
  readonly report: AuditReport;
  readonly mebibytes: number;
  readonly seconds: number;
}

/** Runs the program as users do, in a process of its own. */
async function runAudit(cluster: PagedCluster, folder: string): Promise<MeasuredRun> {
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig);
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ['--require', REPORT, MAIN, 'audit', '-A', '-o', 'json', '--kubeconfig', kubeconfig],
    { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: { PATH: process.env['PATH'], HOME: folder } },
  );
  const { promise: exited, resolve } = Promise.withResolvers<number | null>();
  child.once('exit', resolve);
  const [, , , measured] = child.stdio;
  const [json, usage, code] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(measured as NodeJS.ReadableStream),
    exited,
  ]);
  const seconds = (performance.now() - started) / 1000;
  const { peakMebibytes } = JSON.parse(usage) as { readonly peakMebibytes: number };
  return { code, report: JSON.parse(json) as AuditReport, mebibytes: peakMebibytes, seconds };
}

const PODS_PER_DEPLOYMENT = 200;

/** Pods judged three times as often must not take three times the memory: what remains is the heap's room to grow in. */
const MOST_GROWTH = 1.4;

describe('an audit of many Pods', () => {
  test('lists them in pages, judges each, and needs memory for one page', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wasmgate-audit-'));
    const registry = await startRegistry({ images: putFixtureImages });
    try {
      const peaks: number[] = [];
      for (const pods of [1_000, 10_000, 30_000]) {
        await using cluster = await startPagedCluster({
          pods,
          podsPerDeployment: PODS_PER_DEPLOYMENT,
          image: `${registry.host}/corpus/bk-wasi-wasm`,
          runtimeClass: 'wasmtime',
        });
        const { code, report, mebibytes, seconds } = await runAudit(cluster, folder);
        const lists = cluster.requests.length;
        console.log(
          `${pods} Pods: ${seconds.toFixed(1)} s, ${mebibytes.toFixed(0)} MiB at most, ${lists} requests to the API server, ${(cluster.bytes() / 2 ** 20).toFixed(0)} MiB received`,
        );
        const deployments = pods / PODS_PER_DEPLOYMENT;
        expect(report.summary).toMatchObject({
          workloads: deployments,
          failing: deployments,
          pods: { running: pods, failing: deployments, skipped: 0 },
          images: 1,
        });
        expect(code).toBe(1);
        peaks.push(mebibytes);
      }
      const [, ten = 0, thirty = 0] = peaks;
      expect(thirty).toBeLessThan(ten * MOST_GROWTH);
    } finally {
      await registry.close();
      await rm(folder, { recursive: true });
    }
  });
});
