import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditReport } from '../../src/audit/audit-report.ts';
import { customResources } from '../support/e2e/custom-resources.ts';
import { MANIFESTS, writeOverlay } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { apply, getJson, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { createNamespace, deployment } from '../support/kubernetes/objects.ts';
import { run } from '../support/lib/processes.ts';
import { type Distribution, startDistribution } from '../support/registry/distribution.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const servers = await realServers([
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kubectl',
  'registry',
  'crane',
]);
const openreports = await customResources('openreports');
const CONFIGURATION = '/etc/wasmgate/configuration.yaml';

interface CronJob {
  readonly spec: {
    readonly jobTemplate: {
      readonly spec: {
        readonly template: {
          readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] };
        };
      };
    };
  };
}

interface Reports {
  readonly items: readonly {
    readonly metadata: { readonly namespace: string; readonly name: string };
    readonly scope: { readonly kind: string; readonly name: string };
    readonly results: readonly {
      readonly rule: string;
      readonly properties: { readonly concerns: string };
    }[];
  }[];
}

describe.skipIf(servers.missing || openreports.missing)(
  `components/audit-report${servers.note}${openreports.note}`,
  () => {
    let kubernetes: KubernetesServer;
    let registry: Distribution;
    let kubeconfig: string;
    let configuration: string;
    let shop: string;
    beforeAll(async () => {
      kubernetes = await startKubernetesServer(servers.paths);
      registry = await startDistribution(servers.paths, 'token');
      await using overlay = await writeOverlay(['audit-report']);
      await must(kubernetes.kubectl(['apply', '-k', overlay.folder, '--server-side', '--validate=strict']));
      await must(kubernetes.kubectl(['apply', '-k', join(MANIFESTS, 'runtime-classes')]));
      await openreports.install(kubernetes.kubectl);
      // No wasmgate serves here.
      const webhooks = ['mutatingwebhookconfiguration,validatingwebhookconfiguration', 'wasmgate'];
      await must(kubernetes.kubectl(['delete', ...webhooks]));
      const account = ['wasmgate-audit', '-n', 'wasmgate-system'];
      const token = await must(kubernetes.kubectl(['create', 'token', ...account]));
      kubeconfig = await kubernetes.writeKubeconfig(token.trim());
      configuration = join(kubernetes.folder, 'audit.yaml');
      await writeFile(configuration, 'apiVersion: wasmgate.dev/v1alpha1\nkind: Configuration\n');
      shop = await createNamespace(kubernetes.kubectl, 'shop');
      await createWorkloads();
    });
    afterAll(async () => {
      await kubernetes?.stop();
      await registry?.stop();
    });

    /** A Spin application that no runtime of its class can run, and a module that gets its class. Both are private. */
    async function createWorkloads(): Promise<void> {
      const spin = await registry.push('spin-v2-app', 'demo/orders:1');
      const module = await registry.push('bk-wasi-wasm', 'demo/hello:1');
      const withImage = (image: string, spec: object) => ({
        spec: { containers: [{ name: 'app', image }], imagePullSecrets: [{ name: 'account' }], ...spec },
      });
      const data = { '.dockerconfigjson': Buffer.from(registry.dockerConfig).toString('base64') };
      await must(
        apply(kubernetes.kubectl, [
          {
            apiVersion: 'v1',
            kind: 'Secret',
            metadata: { name: 'account', namespace: shop },
            type: 'kubernetes.io/dockerconfigjson',
            data,
          },
          deployment('orders', shop, withImage(spin, { runtimeClassName: 'wasmtime' })),
          deployment('hello', shop, withImage(module, {})),
        ]),
      );
    }

    /** Runs what the CronJob does, with its account. */
    async function audit(...flags: readonly string[]) {
      const cronJob = await getJson<CronJob>(kubernetes.kubectl, [
        'cronjob',
        'wasmgate-audit',
        '-n',
        'wasmgate-system',
      ]);
      const { args = [] } = cronJob.spec.jobTemplate.spec.template.spec.containers[0] ?? {};
      expect(args).toContain(CONFIGURATION);
      const here = args.map((arg) => (arg === CONFIGURATION ? configuration : arg));
      const argv = [MAIN, ...here, '--kubeconfig', kubeconfig, ...flags];
      return run(process.execPath, argv, { env: { PATH: process.env['PATH'], HOME: '/nonexistent' } });
    }

    async function reports(): Promise<Reports['items']> {
      return (await getJson<Reports>(kubernetes.kubectl, ['reports.openreports.io', '-A'])).items;
    }

    test('its permissions are enough', async () => {
      const { code, stdout, stderr } = await audit('-o', 'json');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const report = JSON.parse(stdout) as AuditReport;
      expect(report).toMatchObject({ isComplete: true, unreadable: [] });
      const unknown = report.images.filter(
        ({ image, verdict }) => image.includes('demo/') && verdict.kind === 'unknown',
      );
      expect(unknown).toEqual([]);
      const written = (await reports()).map(({ metadata, scope, results }) => ({
        subject: `${scope.kind} ${metadata.namespace}/${scope.name}`,
        rules: new Set(results.map(({ rule, properties }) => `${rule} (${properties.concerns})`)),
      }));
      const found = report.workloads.filter(({ findings }) => findings.length > 0);
      expect(written).toHaveLength(found.length);
      expect(written).toContainEqual({
        subject: `Deployment ${shop}/orders`,
        rules: new Set(['handler-cannot-run-image (new-pods)', 'handler-cannot-run-image (running-pods)']),
      });
      expect(written).toContainEqual({
        subject: `Deployment ${shop}/hello`,
        rules: new Set(['wasm-image-without-runtime-class (running-pods)']),
      });
    });

    test('a second run changes no report', async () => {
      await audit();
      const before = await reports();
      expect(before).not.toEqual([]);
      expect(await audit()).toMatchObject({ code: 0, stderr: '' });
      expect(await reports()).toEqual(before);
    });

    test('an API that is not served is an error before anything is audited', async () => {
      const { code, stdout, stderr } = await audit('--report-api', 'wgpolicyk8s.io');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /^wasmgate: Cannot write reports: the API server serves no PolicyReport \(wgpolicyk8s\.io\/v1alpha2\)\nInstall the .*: kubectl apply /,
      );
    });

    test('a report that cannot be written fails the Job', async () => {
      const [name] = (await reports()).map(({ metadata }) => metadata.name);
      const report = ['report.openreports.io', name ?? '', '-n', shop];
      await must(kubernetes.kubectl(['label', ...report, 'app.kubernetes.io/managed-by-']));
      const { code, stderr } = await audit();
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining(
          `Cannot write Report "${shop}/${name}": it exists, and wasmgate did not`,
        ),
      });
      await must(kubernetes.kubectl(['label', ...report, 'app.kubernetes.io/managed-by=wasmgate']));
    });

    test('a report goes when its workload is fixed', async () => {
      await must(kubernetes.kubectl(['delete', 'deployment', 'orders', '-n', shop, '--cascade=foreground']));
      expect(await audit()).toMatchObject({ code: 0, stderr: '' });
      expect((await reports()).map(({ scope }) => scope.name)).toEqual(['hello']);
    });

    test('a person with the ClusterRoles of the manual reads all but private images', async () => {
      const roles = join(MANIFESTS, 'components', 'audit-report', 'rbac-audit.yaml');
      await must(kubernetes.kubectl(['apply', '-f', roles, '--server-side']));
      await must(kubernetes.kubectl(['create', 'serviceaccount', 'person', '-n', shop]));
      const binding = ['person', `--serviceaccount=${shop}:person`];
      const grants = [
        ['create', 'clusterrolebinding', ...binding, '--clusterrole=wasmgate-audit'],
        [
          '-n',
          'wasmgate-system',
          'create',
          'rolebinding',
          ...binding,
          '--clusterrole=wasmgate-audit-configuration',
        ],
      ];
      for (const grant of grants) await must(kubernetes.kubectl(grant));
      const token = await must(kubernetes.kubectl(['create', 'token', 'person', '-n', shop]));
      const person = await kubernetes.writeKubeconfig(token.trim());
      const flags = ['audit', '-A', '-o', 'json', '--kubeconfig', person];
      const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
      const { code, stdout } = await run(process.execPath, [MAIN, ...flags], { env });
      const report = JSON.parse(stdout) as AuditReport;
      expect({ code, ...report }).toMatchObject({
        code: 3,
        isComplete: true,
        configuration: 'ConfigMap wasmgate-system/wasmgate-configuration',
        unreadable: [{ what: `secret "${shop}/account"` }],
      });
    });

    test.each([
      ['yes', 'list pods'],
      ['no', 'watch pods'],
      ['no', 'get pods/app --namespace team-a'],
      ['no', 'delete pods --namespace team-a'],
      ['no', 'update deployments.apps --namespace team-a'],
      ['yes', 'get secrets/registry-account --namespace team-a'],
      ['no', 'list secrets --namespace team-a'],
      ['yes', 'get serviceaccounts/default --namespace team-a'],
      ['no', 'list serviceaccounts --namespace team-a'],
      ['no', 'create secrets --namespace wasmgate-system'],
      ['no', 'update secrets/wasmgate-certificates --namespace wasmgate-system'],
      ['no', 'patch mutatingwebhookconfigurations.admissionregistration.k8s.io/wasmgate'],
      ['no', 'create events.events.k8s.io --namespace team-a'],
      ['yes', 'create reports.openreports.io --namespace team-a'],
      ['yes', 'delete reports.openreports.io --namespace team-a'],
      ['no', 'deletecollection reports.openreports.io --namespace team-a'],
      ['no', 'create clusterreports.openreports.io'],
    ])('%s: %s', async (answer, question) => {
      const { stdout } = await kubernetes.kubectl(['auth', 'can-i', ...question.split(' ')], { kubeconfig });
      expect(stdout.trim()).toBe(answer);
    });
  },
);
