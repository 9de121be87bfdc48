import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditedWorkload, AuditReport } from '../../src/audit/audit-report.ts';
import { REPORT_KINDS, type ReportApi } from '../../src/audit/policy-reports/report-apis.ts';
import { openReports } from '../../src/audit/policy-reports/write-reports.ts';
import type { ReportStorePort, WrittenReports } from '../../src/audit/ports.ts';
import { createKubernetesClient } from '../../src/kubernetes/client.ts';
import { createKubeconfigConnection } from '../../src/kubernetes/connection.ts';
import { createReportStore } from '../../src/kubernetes/reports.ts';
import { auditedWorkload, auditFinding, auditReport } from '../support/audit/audit-reports.ts';
import { customResources } from '../support/e2e/custom-resources.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { createNamespace, deployment } from '../support/kubernetes/objects.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']);
/** The same kinds that Kyverno installs, and those of their successor. */
const kyverno = await customResources('kyverno');
const openreports = await customResources('openreports');
const note = [servers, kyverno, openreports].map((found) => found.note).join('');
const never = new AbortController().signal;

interface StoredReport {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly summary: object;
  readonly results: readonly Readonly<Record<string, unknown>>[];
}

describe.skipIf(servers.missing || kyverno.missing || openreports.missing)(`reports${note}`, () => {
  let server: KubernetesServer;
  let store: ReportStorePort;
  let shop: string;
  beforeAll(async () => {
    server = await startKubernetesServer(servers.paths);
    store = createReportStore({
      client: createKubernetesClient(await createKubeconfigConnection(server.kubeconfig)),
    });
  });
  afterAll(() => server?.stop());

  async function install(crds: typeof kyverno, api: ReportApi): Promise<void> {
    await crds.install(server.kubectl);
    await expect.poll(() => store.isServed(REPORT_KINDS[api], never)).toBe(true);
  }

  async function createWorkload(name: string, ...rules: Parameters<typeof auditFinding>[0][]) {
    await must(apply(server.kubectl, [deployment(name, shop, { spec: { nodeName: 'nowhere' } })]));
    const { metadata } = await getJson<{ readonly metadata: { readonly uid: string } }>(server.kubectl, [
      'deployment',
      name,
      '-n',
      shop,
    ]);
    const subject = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: shop, name, uid: metadata.uid };
    return auditedWorkload(
      subject,
      rules.map((rule) => auditFinding(rule)),
    );
  }

  async function write(
    workloads: readonly AuditedWorkload[],
    other: Partial<AuditReport> = {},
    options: { readonly api?: ReportApi; readonly through?: ReportStorePort } = {},
  ): Promise<WrittenReports> {
    const audit = auditReport(workloads, { scope: { namespace: shop, selector: '' }, ...other });
    const reports = await openReports(options.through ?? store, { api: options.api }, never);
    return reports.write(audit, never);
  }

  async function stored(api: ReportApi = 'openreports.io'): Promise<readonly StoredReport[]> {
    const { resource, group } = REPORT_KINDS[api];
    const list = ['--sort-by=.scope.name', `${resource}.${group}`, '-n', shop];
    return (await getJson<{ readonly items: readonly StoredReport[] }>(server.kubectl, list)).items;
  }

  function nameOf({ subject }: AuditedWorkload): string {
    return `wasmgate-${subject.uid}`;
  }

  describe('before and while their kinds are installed', () => {
    let web: AuditedWorkload;
    beforeAll(async () => {
      shop = await createNamespace(server.kubectl, 'kinds');
      web = await createWorkload('web', 'command-required');
    });
    afterAll(() => server.kubectl(['delete', 'policyreports', '--all', '-A']));

    test.each([
      [undefined, 'the API server serves neither Report (openreports.io/v1alpha1) nor PolicyReport'],
      ['wgpolicyk8s.io', 'the API server serves no PolicyReport (wgpolicyk8s.io/v1alpha2)'],
    ] as const)('an error names how to install them (--report-api %s)', async (api, message) => {
      const advice = expect.stringMatching(/^Install the CustomResourceDefinition: kubectl apply .*https:/);
      await expect(write([web], {}, api === undefined ? {} : { api })).rejects.toMatchObject({
        message: expect.stringContaining(message),
        advice,
      });
    });

    test('PolicyReports are written where nothing else is served', async () => {
      await install(kyverno, 'wgpolicyk8s.io');
      expect(await write([web])).toMatchObject({ kind: { kind: 'PolicyReport' }, created: 1, failures: [] });
      const [report] = await stored('wgpolicyk8s.io');
      expect(report?.summary).toEqual({ pass: 0, fail: 1, warn: 0, error: 0, skip: 0 });
      // Nothing was pruned.
      expect(report?.results).toEqual([
        {
          source: 'wasmgate',
          policy: 'wasmgate',
          rule: 'command-required',
          category: 'WebAssembly',
          result: 'fail',
          severity: 'high',
          scored: true,
          message: 'command-required in words',
          properties: {
            container: 'app',
            advice: 'what to do about command-required',
            concerns: 'new-pods',
          },
          timestamp: { seconds: 1_795_946_400, nanos: 250_000_000 },
        },
      ]);
    });

    test('Reports replace them, with the times of their findings', async () => {
      await install(openreports, 'openreports.io');
      const written = await write([web], { takenAt: '2026-11-29T11:00:00Z' });
      expect(written).toMatchObject({ kind: { kind: 'Report' }, created: 1, removed: 1, failures: [] });
      expect(await stored('wgpolicyk8s.io')).toEqual([]);
      expect(await stored()).toMatchObject([
        { source: 'wasmgate', results: [{ timestamp: { seconds: 1_795_946_400 } }] },
      ]);
    });

    test('--report-api chooses the older ones', async () => {
      const written = await write([web], {}, { api: 'wgpolicyk8s.io' });
      expect(written).toMatchObject({ kind: { kind: 'PolicyReport' }, created: 1, removed: 1 });
      expect(await stored()).toEqual([]);
    });

    test('kubectl shows counts', async () => {
      const reports = await must(server.kubectl(['get', 'policyreports', '-n', shop]));
      expect(reports).toMatch(/^NAME +KIND +NAME +PASS +FAIL +WARN +ERROR +SKIP/);
      expect(reports).toMatch(/wasmgate-\S+ +Deployment +web +0 +1 +0 +0 +0/);
    });
  });

  describe('of workloads', () => {
    let web: AuditedWorkload;
    let api: AuditedWorkload;
    beforeEach(async () => {
      await install(openreports, 'openreports.io');
      shop = await createNamespace(server.kubectl, 'reports');
      web = await createWorkload('web', 'command-required', 'tty-unsupported');
      api = await createWorkload('api', 'command-required');
      await write([web, api]);
    });
    afterEach(async () => {
      await must(server.kubectl(['delete', 'reports.openreports.io', '--all', '-A']));
    });

    test('a second run changes nothing', async () => {
      const before = await stored();
      expect(before).toHaveLength(2);
      const again = await write([web, api], { takenAt: '2026-11-30T00:00:00Z' });
      expect(again).toMatchObject({ created: 0, updated: 0, unchanged: 2, removed: 0, failures: [] });
      expect(await stored()).toEqual(before);
    });

    test('a change is made in place, and what others added stays', async () => {
      await must(server.kubectl(['label', 'reports.openreports.io', nameOf(web), '-n', shop, 'team=a']));
      const changed = { ...web, findings: [auditFinding('command-required'), auditFinding('file-not-wasm')] };
      expect(await write([changed, api], { takenAt: '2026-11-29T11:00:00Z' })).toMatchObject({
        updated: 1,
        unchanged: 1,
        failures: [],
      });
      const [, report] = await stored();
      expect(report).toMatchObject({
        metadata: { labels: { team: 'a' } },
        summary: { fail: 2 },
        results: [
          { rule: 'command-required', timestamp: { seconds: 1_795_946_400 } },
          { rule: 'file-not-wasm', timestamp: { seconds: 1_795_950_000 } },
        ],
      });
    });

    test('a report goes with its last finding', async () => {
      expect(await write([{ ...web, findings: [] }, api])).toMatchObject({ removed: 1, unchanged: 1 });
      expect((await stored()).map(({ metadata }) => metadata.name)).toEqual([nameOf(api)]);
    });

    test('a report goes with its subject, by an audit of everything', async () => {
      expect(await write([api])).toMatchObject({ removed: 1 });
    });

    test('the garbage collector removes a report with its subject', async () => {
      await must(server.kubectl(['delete', 'deployment', 'web', '-n', shop]));
      await expect
        .poll(async () => (await stored()).map(({ metadata }) => metadata.name), { timeout: 150_000 })
        .toEqual([nameOf(api)]);
    });

    test.each([
      ['an audit that could not list a kind', { isComplete: false }],
      ['an audit by labels', { scope: { namespace: null, selector: 'app=api' } }],
    ] as const)('%s removes only what it judged', async (_case, other) => {
      const fixed = { ...api, findings: [] };
      expect(await write([fixed], other)).toMatchObject({ removed: 1 });
      expect((await stored()).map(({ metadata }) => metadata.name)).toEqual([nameOf(web)]);
    });

    test('an interrupted audit removes nothing', async () => {
      const interrupted = { isComplete: false, isInterrupted: true };
      expect(await write([{ ...api, findings: [] }], interrupted)).toMatchObject({
        unchanged: 1,
        removed: 0,
      });
      expect(await stored()).toHaveLength(2);
    });

    test('an audit of another namespace removes nothing here', async () => {
      const scope = { namespace: 'default', selector: '' };
      expect(await write([], { scope })).toMatchObject({ removed: 0 });
      expect(await stored()).toHaveLength(2);
    });

    test('an audit of all namespaces removes reports in each', async () => {
      const scope = { namespace: null, selector: '' };
      expect(await write([web], { scope })).toMatchObject({ unchanged: 1, removed: 1 });
    });

    test('reports of others stay, and one in the way is an error for its workload only', async () => {
      const late = await createWorkload('late', 'command-required');
      const others = [web.subject.uid, nameOf(late)].map((name) => ({
        apiVersion: 'openreports.io/v1alpha1',
        kind: 'Report',
        metadata: { name, namespace: shop, labels: { 'app.kubernetes.io/managed-by': 'kyverno' } },
        scope: { name },
        summary: { pass: 7 },
      }));
      await must(apply(server.kubectl, others));
      expect(await write([{ ...web, findings: [] }, { ...api, findings: [] }, late])).toMatchObject({
        created: 0,
        removed: 2,
        failures: [
          `Cannot write Report "${shop}/${nameOf(late)}": it exists, and wasmgate did not write it (it lacks the label app.kubernetes.io/managed-by=wasmgate)`,
        ],
      });
      expect(await stored()).toMatchObject([{ summary: { pass: 7 } }, { summary: { pass: 7 } }]);
    });

    test('a report that changes meanwhile is written to its newest state', async () => {
      const changes = ['label', 'delete'].values();
      const through: ReportStorePort = {
        ...store,
        write: async (...args) => {
          const change = changes.next().value;
          const target = ['reports.openreports.io', nameOf(web), '-n', shop];
          if (change === 'label') await must(server.kubectl(['label', ...target, 'team=b']));
          if (change === 'delete') await must(server.kubectl(['delete', ...target]));
          return store.write(...args);
        },
      };
      const changed = { ...web, findings: [auditFinding('command-required')] };
      const written = await write([changed, api], { takenAt: '2026-11-29T11:00:00Z' }, { through });
      expect(written).toMatchObject({ created: 1, unchanged: 1, failures: [] });
      const [, report] = await stored();
      expect(report).toMatchObject({ results: [{ timestamp: { seconds: 1_795_946_400 } }] });
    });

    test('a report that was created meanwhile is taken over', async () => {
      const through: ReportStorePort = { ...store, async *pages() {} };
      expect(await write([web, api], {}, { through })).toMatchObject({
        created: 0,
        unchanged: 2,
        failures: [],
      });
    });

    test('a namespace that is gone needs no report', async () => {
      const subject = { ...web.subject, namespace: 'no-such-namespace' };
      const gone = auditedWorkload(subject, [auditFinding('command-required')]);
      expect(await write([web, api, gone], { scope: { namespace: null, selector: '' } })).toMatchObject({
        created: 0,
        failures: [],
      });
    });
  });
});
