import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { AuditReport } from '../../src/audit/audit-report.ts';
import { runWasmgate, type WasmgateRun } from '../support/cli/run-wasmgate.ts';
import { createAuditCluster, type AuditCluster } from '../support/e2e/audit-cluster.ts';
import { customResources } from '../support/e2e/custom-resources.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { prepareCluster } from '../support/e2e/stage.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { startKubernetesServer, type KubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { startRegistry, type TestRegistry } from '../support/registry/registry.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']);
const openreports = await customResources('openreports');

const VIEWER = '--serviceaccount=shop:viewer';

interface StoredReport {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
  readonly scope: { readonly kind: string; readonly name: string };
  readonly results: readonly { readonly result: string; readonly severity: string }[];
}

describe.skipIf(servers.missing || openreports.missing)(
  `an audit of 60 workloads${servers.note}${openreports.note}`,
  () => {
    let server: KubernetesServer;
    let registry: TestRegistry;
    let cluster: AuditCluster;
    let report: AuditReport;

    function audit(...args: readonly string[]): Promise<WasmgateRun> {
      return runWasmgate(['audit', '--kubeconfig', server.kubeconfig, ...args]);
    }

    async function auditJson(...args: readonly string[]): Promise<AuditReport> {
      const { stdout, stderr } = await audit(...args, '-o', 'json');
      if (stdout === '') throw new Error(stderr);
      return JSON.parse(stdout) as AuditReport;
    }

    async function storedReports(): Promise<readonly StoredReport[]> {
      const list = ['reports.openreports.io', '-A'];
      return (await getJson<{ readonly items: readonly StoredReport[] }>(server.kubectl, list)).items;
    }

    beforeAll(async () => {
      server = await startKubernetesServer(servers.paths);
      registry = await startRegistry({ images: putFixtureImages });
      await prepareCluster(server.kubectl);
      await openreports.install(server.kubectl);
      const image = (name: string): string => `${registry.host}/corpus/${name}`;
      cluster = await createAuditCluster(server.kubectl, {
        linux: image('linux-plain'),
        module: image('bk-wasi-wasm'),
        spin: image('spin-v2-app'),
        missing: image('no-such-image'),
      });
      report = await auditJson('-A');
    });
    afterAll(async () => {
      await registry?.close();
      await server?.stop();
    });

    test('has a row for each, with its outcome and its Pods', () => {
      const found = report.workloads.map(({ subject, outcome, pods }) => [
        `${subject.namespace} ${subject.kind} ${subject.name}`,
        { outcome, running: pods.running, failing: pods.failing },
      ]);
      expect(cluster.expected.size).toBe(60);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(cluster.expected));
      expect(report).toMatchObject({ isComplete: true, isInterrupted: false, unreadable: [] });
    });

    test('sums up', () => {
      const expected = [...cluster.expected.values()];
      const sum = (key: 'running' | 'failing'): number =>
        expected.reduce((total, row) => total + row[key], 0);
      const counts = Map.groupBy(expected, ({ outcome }) => outcome);
      for (const [outcome, rows] of counts) expect(report.summary.outcomes[outcome]).toBe(rows.length);
      expect(report.summary).toMatchObject({
        workloads: 60,
        failing: expected.filter((row) => row.failing > 0).length,
        pods: { running: sum('running'), failing: sum('failing'), skipped: 0 },
        images: 4,
      });
    });

    test('prints the same numbers as a table, YAML and HTML', async () => {
      const { summary } = report;
      const table = await audit('-A');
      expect(table.exitCode).toBe(1);
      const { outcomes, pods, findings, images } = summary;
      expect(table.stdout.replaceAll(/\s+/g, ' ')).toContain(
        `60 workloads: ${outcomes.admitted} admitted, ${outcomes.changed} changed, ` +
          `${outcomes.refused - summary.failing} denied, ${outcomes.skipped} skipped, ` +
          `${outcomes.undecided} undecided, ${summary.failing} failing. ` +
          `${pods.running} running Pods, ${pods.failing} lack what they need. ` +
          `${images} images. ${findings.error} errors`,
      );
      const lines = table.stdout.match(/^(?:denied|failing|undecided|admitted|changed) /gm) ?? [];
      const rest = [...table.stdout.matchAll(/^ {2}(\d+) workloads (?:need nothing|skipped)/gm)];
      expect(lines.length + rest.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(60);

      const { takenAt: _, ...yaml } = parse((await audit('-A', '-o', 'yaml')).stdout) as AuditReport;
      expect({ ...yaml, takenAt: report.takenAt }).toEqual(report);

      const html = (await audit('-A', '-o', 'html')).stdout;
      expect(html).toContain(`<b>60</b> workloads`);
      expect(html).toContain(`<b>${pods.running}</b> running Pods`);
      expect(html).toContain(`<b>${images}</b> images`);
      expect(html).toContain(`<b>${findings.error}</b> errors`);
    });

    test('selects workloads by their labels, and counts their Pods', async () => {
      const { workloads } = await auditJson('-n', 'shop', '-l', 'workload in (outage-1, with-job)');
      expect(workloads.map(({ subject, pods }) => [subject.kind, subject.name, pods.running])).toEqual([
        ['CronJob', 'with-job', 1],
        ['Deployment', 'outage-1', 3],
      ]);
    });

    test('without matches, it says so, and an error if they cannot match', async () => {
      const none = await audit('-A', '-l', 'app=nothing-has-this');
      expect(none).toMatchObject({ exitCode: 0, stderr: '' });
      expect(none.stdout).toContain(
        'No workloads and no Pods found: all namespaces, labels app=nothing-has-this.',
      );
      const empty = await audit('-n', 'kube-public');
      expect(empty.exitCode).toBe(0);
      expect(empty.stdout.replaceAll(/\s+/g, ' ')).toContain('For all namespaces, use --all-namespaces.');
      expect(await audit('-n', 'shpo')).toMatchObject({
        exitCode: 2,
        stdout: '',
        stderr: expect.stringContaining('Cannot audit namespace "shpo": there is no such namespace'),
      });
      expect(await audit('-n', 'shop', '-l', 'app=in=x')).toMatchObject({
        exitCode: 2,
        stdout: '',
        stderr: expect.stringContaining(`Cannot select by labels "app=in=x": found '='`),
      });
    });

    describe('advises on Pods that lack their class', () => {
      const selected = ['-n', 'shop', '-l', 'workload=outage-1'] as const;
      const set = "et runtimeClassName: wasmtime in the Pod's manifest or template";
      const recreate = 'Recreate them: kubectl rollout restart deployment/outage-1 -n shop';

      test('to set it or to install wasmgate, in a cluster without it', async () => {
        const { cluster: found, workloads } = await auditJson(...selected);
        expect(found.wasmgate).toBe('not-installed');
        expect(workloads[0]?.findings[0]?.advice).toBe(`S${set}, or install wasmgate.`);
        const { stdout } = await audit(...selected);
        expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
          'Outcomes are what wasmgate would do: its webhook is not installed there (no MutatingWebhookConfiguration "wasmgate").',
        );
        const html = await audit(...selected, '-o', 'html');
        expect(html.stdout).toContain('its webhook is not installed there');
      });

      /** Who may not see the webhook, or sees one without a ConfigMap, does not know the configuration. */
      async function withConfiguration(): Promise<readonly string[]> {
        const file = join(server.folder, 'configuration.yaml');
        await writeFile(file, 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\n');
        return [...selected, '--config', file];
      }

      test('both, to a user who may not see the webhook', async () => {
        const { kubectl } = server;
        await must(kubectl(['create', 'serviceaccount', 'viewer', '-n', 'shop']));
        const rights = [
          '--verb=get,list',
          '--resource=runtimeclasses,nodes,namespaces,limitranges,serviceaccounts,pods,replicasets,deployments',
        ];
        await must(kubectl(['create', 'clusterrole', 'viewer', ...rights]));
        await must(kubectl(['create', 'clusterrolebinding', 'viewer', '--clusterrole=viewer', VIEWER]));
        const token = await must(kubectl(['create', 'token', 'viewer', '-n', 'shop']));
        const kubeconfig = await server.writeKubeconfig(token.trim());
        const { stdout } = await runWasmgate([
          'audit',
          '--kubeconfig',
          kubeconfig,
          ...(await withConfiguration()),
          '-o',
          'json',
        ]);
        const { cluster: found, workloads, unreadable } = JSON.parse(stdout) as AuditReport;
        // All that one role would grant is one message.
        expect(unreadable).toHaveLength(1);
        expect(unreadable[0]?.advice).toMatch(
          / create role wasmgate-audit-lists -n shop --verb=list --resource=/,
        );
        expect(found.wasmgate).toBe('unknown');
        expect(workloads[0]?.findings[0]?.advice).toBe(`Unless wasmgate is installed, s${set}. ${recreate}`);
      });

      test('to recreate them, in a cluster with wasmgate', async () => {
        const webhook = {
          name: 'mutate.wasmgate.dev',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          failurePolicy: 'Ignore',
          clientConfig: { url: 'https://127.0.0.1:1' },
        };
        const configuration = { metadata: { name: 'wasmgate' }, webhooks: [webhook] };
        const typed = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' };
        await must(apply(server.kubectl, [{ ...typed, ...configuration }]));
        const { cluster: found, workloads } = await auditJson(...(await withConfiguration()));
        await must(server.kubectl(['delete', 'mutatingwebhookconfiguration', 'wasmgate']));
        expect(found.wasmgate).toBe('installed');
        expect(workloads[0]?.findings[0]?.advice).toBe(recreate);
      });
    });

    test('without the right to list all namespaces, it names the right and audits those that it may read', async () => {
      const { kubectl } = server;
      const reader = '--serviceaccount=custom:reader';
      const role = (name: string, resources: string) =>
        must(kubectl(['create', 'clusterrole', name, '--verb=list', `--resource=${resources}`]));
      await must(kubectl(['create', 'serviceaccount', 'reader', '-n', 'custom']));
      await role('namespaces', 'namespaces');
      await role('workloads', 'pods,deployments.apps,replicasets.apps');
      await must(kubectl(['create', 'clusterrolebinding', 'namespaces', '--clusterrole=namespaces', reader]));
      await must(
        kubectl(['create', 'rolebinding', 'reader', '-n', 'custom', '--clusterrole=workloads', reader]),
      );
      const token = await must(kubectl(['create', 'token', 'reader', '-n', 'custom']));
      const kubeconfig = await server.writeKubeconfig(token.trim());
      const run = await runWasmgate(['audit', '--kubeconfig', kubeconfig, '-A', '-o', 'json']);
      const limited = JSON.parse(run.stdout) as AuditReport;
      expect(limited.isComplete).toBe(false);
      // What may not be listed is known by what it owns.
      const found = limited.workloads.map(
        ({ subject }) => `${subject.namespace} ${subject.kind} ${subject.name}`,
      );
      expect(found).toEqual([
        'custom Deployment revision-1',
        'custom Deployment spinapp',
        'custom Rollout rollout',
      ]);
      expect(run).toMatchObject({
        // The classes may not be listed either, so what needs one is undecided.
        exitCode: 3,
        stderr: expect.stringContaining('warning: Cannot list the Pods of 7 namespaces, which were left out'),
      });
      expect(limited.unreadable[0]).toEqual({
        what: expect.stringMatching(/^statefulsets.apps, .*, pods$/),
        kinds: expect.arrayContaining([
          { group: 'apps', kind: 'StatefulSet' },
          { group: '', kind: 'Pod' },
        ]),
        message: expect.stringContaining('cannot list resource "statefulsets"'),
        advice: expect.stringMatching(/--verb=list --resource=statefulsets.apps,.*,pods$/),
      });
    });

    test('writes a report for each workload with a finding, changes none in a second run, and removes that of a deleted one', async () => {
      const first = await audit('-A', '--write-reports', '--quiet', '-o', 'json');
      const written = JSON.parse(first.stdout) as AuditReport;
      const before = await storedReports();
      const withFindings = written.workloads.filter(
        ({ findings, outcome }) => findings.length > 0 || outcome === 'undecided',
      );
      expect(before.map(({ metadata }) => metadata.name).toSorted()).toEqual(
        withFindings.map(({ subject }) => `wasmgate-${subject.uid}`).toSorted(),
      );
      const failures = before.flatMap(({ results }) => results.filter(({ result }) => result === 'fail'));
      expect(failures).toHaveLength(written.summary.findings.error);

      const second = await audit('-A', '--write-reports');
      expect(second.stderr).toContain(`0 created, 0 updated, ${before.length} unchanged, 0 removed`);
      expect(await storedReports()).toEqual(before);

      await must(server.kubectl(['delete', 'deployment', 'wrong-0', '-n', 'shop', '--cascade=foreground']));
      await audit('-A', '--write-reports');
      const after = await storedReports();
      expect(after).toHaveLength(before.length - 1);
      expect(after.map(({ scope }) => scope.name)).not.toContain('wrong-0');
    });
  },
);
