import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditReport } from '../../../src/audit/audit-report.ts';
import { runWasmgate, type WasmgateRun } from '../cli/run-wasmgate.ts';
import { startServer } from '../server/http-server.ts';

/** Kinds by the paths of their lists. */
const SERVED: Readonly<Record<string, string>> = {
  '/api/v1/pods': 'Pod',
  '/apis/apps/v1/deployments': 'Deployment',
  '/apis/apps/v1/replicasets': 'ReplicaSet',
  '/apis/batch/v1/cronjobs': 'CronJob',
  '/apis/batch/v1/jobs': 'Job',
};

const GROUPS = ['apps', 'batch'].map((name) => {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
});

function resourcesAt(path: string): readonly object[] {
  return Object.entries(SERVED)
    .filter(([list]) => list.startsWith(`${path}/`))
    .map(([list, kind]) => ({ name: list.slice(path.length + 1), kind, namespaced: true }));
}

/** Answers to single paths, by path with query; undefined for the usual answer. A Status is sent with its code. */
export type Answer = (path: string, query: URLSearchParams) => object | undefined;

function answer(path: string, lists: Readonly<Record<string, readonly object[]>>): object | null {
  if (path === '/version') return { gitVersion: 'v1.36.3' };
  if (path === '/apis') return { groups: GROUPS };
  const resources = resourcesAt(path);
  if (resources.length > 0) return { resources };
  // wasmgate is not installed. All other lists, such as those of Nodes, are empty.
  if (/\/(?:configmaps|\w+configurations)\/[\w-]+$/.test(path)) return null;
  return { metadata: { resourceVersion: '1' }, items: lists[path] ?? [] };
}

function statusOf(body: object | null): number {
  if (body === null) return 404;
  return 'code' in body && typeof body.code === 'number' ? body.code : 200;
}

export interface AuditRun extends WasmgateRun {
  readonly report: AuditReport;
}

/** Audits a cluster of these objects, by the paths of their lists. Its server answers without pages, unless `special` does. */
export async function auditObjects(
  lists: Readonly<Record<string, readonly object[]>>,
  special: Answer = () => undefined,
): Promise<AuditRun> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-listed-'));
  const server = await startServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const body = special(pathname, searchParams) ?? answer(pathname, lists);
    response
      .writeHead(statusOf(body), { 'content-type': 'application/json' })
      .end(JSON.stringify(body ?? { kind: 'Status', code: 404 }));
  });
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    const config = {
      'current-context': 'model',
      contexts: [{ name: 'model', context: { cluster: 'model', user: '' } }],
      clusters: [{ name: 'model', cluster: { server: `http://ann:p4ss@${server.host}` } }],
    };
    await writeFile(kubeconfig, JSON.stringify(config));
    const run = await runWasmgate(['audit', '-A', '-o', 'json', '--kubeconfig', kubeconfig]);
    if (run.stdout === '') throw new Error(run.stderr);
    return { ...run, report: JSON.parse(run.stdout) as AuditReport };
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
}
