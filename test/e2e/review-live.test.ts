import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/cli/review/report.ts';
import { podOf, startReviewStage, type ReviewStage } from '../support/cli/review-stage.ts';
import type { WasmgateRun } from '../support/cli/run-wasmgate.ts';
import { MANIFESTS } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function rule(group: string, resource: string, ...verbs: readonly string[]): Rule {
  return { apiGroups: [group], resources: [resource], verbs };
}

/** All that a review may read. */
const RIGHTS: Readonly<Record<string, Rule>> = {
  'runtime-classes': rule('node.k8s.io', 'runtimeclasses', 'list'),
  nodes: rule('', 'nodes', 'list'),
  namespaces: rule('', 'namespaces', 'list', 'get'),
  'limit-ranges': rule('', 'limitranges', 'list'),
  'service-accounts': rule('', 'serviceaccounts', 'get'),
  'pull-secrets': rule('', 'secrets', 'get'),
  configuration: rule('', 'configmaps', 'get'),
  webhooks: rule('admissionregistration.k8s.io', 'mutatingwebhookconfigurations', 'get'),
  deployments: rule('apps', 'deployments', 'list', 'get'),
};

const CLASSES = ['wasmtime', 'wasmedge'].map((name) => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name },
  handler: name,
}));

describe.skipIf(servers.missing)(`review --live on a real API server${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let stage: ReviewStage;

  beforeAll(async () => {
    stage = await startReviewStage();
    kubernetes = await startKubernetesServer(servers.paths);
    const { kubectl } = kubernetes;
    await must(apply(kubectl, CLASSES));
    await must(kubectl(['create', 'namespace', 'shop']));
    await must(kubectl(['apply', '-k', join(MANIFESTS, 'base'), '--server-side']));
    // Nothing answers for the webhooks here.
    const kinds = 'mutatingwebhookconfiguration,validatingwebhookconfiguration';
    await must(kubectl(['delete', kinds, 'wasmgate']));
  });
  afterAll(async () => {
    await kubernetes?.stop();
    await stage?.[Symbol.asyncDispose]();
  });

  /** Creates an account with all rights but some, and returns its kubeconfig. */
  async function login(name: string, without: readonly string[]): Promise<string> {
    const { kubectl } = kubernetes;
    const metadata = { name: `review-${name}` };
    const rules = Object.entries(RIGHTS).flatMap(([right, granted]) =>
      without.includes(right) ? [] : [granted],
    );
    const rbac = 'rbac.authorization.k8s.io';
    await must(
      apply(kubectl, [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace: 'default' } },
        { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules },
        {
          apiVersion: `${rbac}/v1`,
          kind: 'ClusterRoleBinding',
          metadata,
          roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: metadata.name },
          subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: 'default' }],
        },
      ]),
    );
    const token = await must(kubectl(['create', 'token', metadata.name, '-n', 'default']));
    return kubernetes.writeKubeconfig(token.trim());
  }

  async function review(
    kubeconfig: string,
    flags: readonly string[],
  ): Promise<WasmgateRun & { report: Report }> {
    const run = await stage.review([...flags, '--live', '--kubeconfig', kubeconfig, '-o', 'json']);
    if (run.stdout === '') throw new Error(run.stderr);
    return { ...run, report: JSON.parse(run.stdout) as Report };
  }

  const named = '  runtimeClassName: wasmtime';
  const secret = '  imagePullSecrets: [{name: login}]';

  test.each([
    [
      'runtime-classes',
      podOf('a', 'bk-wasi-wasm', named),
      ['runtime-classes'],
      'list runtimeclasses.node.k8s.io',
    ],
    ['nodes', podOf('a', 'bk-wasi-wasm'), ['nodes'], 'list nodes'],
    ['namespaces', podOf('a', 'bk-wasi-wasm', named), ['namespaces'], 'get namespaces "default"'],
    [
      'limit-ranges',
      podOf('a', 'bk-wasi-wasm', named),
      ['limit-ranges'],
      'list limitranges in namespace "default"',
    ],
    ['service-accounts', podOf('a', 'none'), ['images', 'service-accounts'], 'get serviceaccounts "default"'],
    ['pull-secrets', podOf('a', 'none', secret), ['images', 'pull-secrets'], 'get secrets "login"'],
    [
      'configuration',
      podOf('a', 'linux-plain'),
      ['configuration'],
      'get configmaps "wasmgate-configuration"',
    ],
  ])('a user without the right to %s', async (right, pod, hangsOn, missing) => {
    const kubeconfig = await login(right, [right]);
    const file = await stage.write(`${right}.yaml`, pod);
    const { report, exitCode, stderr } = await review(kubeconfig, ['-f', file]);
    expect(report.items).toMatchObject([{ outcome: 'undecided', hangsOn }]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`The right to ${missing}`);
  });

  test('a user with all rights gets a decision, by the configuration of the cluster', async () => {
    const kubeconfig = await login('all', []);
    const file = await stage.write('all.yaml', podOf('a', 'bk-wasi-wasm', named));
    const { report, exitCode, stderr } = await review(kubeconfig, ['-f', file]);
    expect(report.items).toMatchObject([{ outcome: 'changed', hangsOn: [] }]);
    expect(report.configuration).toBe('ConfigMap wasmgate-system/wasmgate-configuration');
    expect(stderr).toBe('Configuration: ConfigMap wasmgate-system/wasmgate-configuration\n');
    expect(exitCode).toBe(0);
  });

  describe('objects by name', () => {
    beforeAll(async () => {
      const image = `${stage.host}/corpus/spin-v2-app`;
      const template = (labels: object) => ({
        metadata: { labels },
        spec: { runtimeClassName: 'wasmtime', containers: [{ name: 'app', image }] },
      });
      const workload = (kind: string, name: string, namespace: string) => {
        const labels = { app: name };
        const spec = { selector: { matchLabels: labels }, serviceName: name, template: template(labels) };
        return { apiVersion: 'apps/v1', kind, metadata: { name, namespace, labels }, spec };
      };
      const { serviceName: _, ...spec } = workload('Deployment', 'web', 'shop').spec;
      await must(
        apply(kubernetes.kubectl, [
          { ...workload('Deployment', 'web', 'shop'), spec },
          workload('StatefulSet', 'db', 'shop'),
          workload('StatefulSet', 'db', 'default'),
        ]),
      );
    });

    async function names(flags: readonly string[]): Promise<readonly string[]> {
      const { report } = await review(kubernetes.kubeconfig, flags);
      return report.items.map(({ source: { kind, namespace, name } }) => `${kind} ${namespace}/${name}`);
    }

    const WEB = 'Deployment shop/web';
    const DB = 'StatefulSet shop/db';

    test.each([
      ['TYPE/NAME', ['deployment/web', '-n', 'shop'], [WEB]],
      ['several', ['deployment/web', 'sts/db', '-n', 'shop'], [WEB, DB]],
      ['TYPE NAME', ['deploy', 'web', '-n', 'shop'], [WEB]],
      ['a plural', ['deployments', 'web', '-n', 'shop'], [WEB]],
      ['a kind', ['Deployment', 'web', '-n', 'shop'], [WEB]],
      ['a group', ['deployments.apps', 'web', '-n', 'shop'], [WEB]],
      ['a version', ['deployments.v1.apps', 'web', '-n', 'shop'], [WEB]],
      ['all of a type', ['statefulsets', '-n', 'shop'], [DB]],
      ['all of several types', ['deploy,sts', '-n', 'shop'], [WEB, DB]],
      ['all of a category', ['all', '-n', 'shop'], [WEB, DB]],
      ['all namespaces', ['sts', '-A'], ['StatefulSet default/db', DB]],
      ['a selector', ['deploy,sts', '-A', '-l', 'app=web'], [WEB]],
      ['the namespace of the context', ['sts'], ['StatefulSet default/db']],
    ])('%s', async (_case, flags, expected) => {
      expect(await names(flags)).toEqual(expected);
    });

    test('denies as for a file, and prints no fields that the API server manages', async () => {
      const flags = ['deployment/web', '-n', 'shop', '--live', '--kubeconfig', kubernetes.kubeconfig];
      const table = await stage.review(flags);
      expect(table.exitCode).toBe(1);
      expect(table.stdout).toContain('denied      Deployment shop/web (from the cluster)');
      const yaml = await stage.review([...flags, '-o', 'yaml']);
      expect(yaml.stdout).toContain('name: web');
      expect(yaml.stdout).not.toContain('managedFields');
    });

    test.each([
      [
        ['deployment/wbe'],
        'Cannot read Deployment "wbe" in namespace "default": deployments.apps "wbe" not found',
      ],
      [['deploymet/web'], 'does not have a resource type "deploymet". Did you mean "deployment"?'],
      [['services'], 'Cannot review services: wasmgate judges Pods, and workloads with a Pod template'],
      [['deployment/web', 'sts'], 'TYPE/NAME TYPE/NAME'],
      [['deployment/web', '-A'], 'leave out --all-namespaces'],
      [['deployment/web', '-l', 'app=web'], 'select them with --selector, but not both'],
      [['deployment/'], '"deployment/" is not TYPE/NAME'],
      [['deploy', '-l', 'app in'], 'unable to parse requirement'],
    ])('an error for %j', async (args, message) => {
      const run = await stage.review([...args, '--live', '--kubeconfig', kubernetes.kubeconfig]);
      expect(run.stderr).toContain(message);
      expect([run.stdout, run.exitCode]).toEqual(['', expect.toBeOneOf([1, 2])]);
    });

    test('an empty list is no error', async () => {
      const run = await review(kubernetes.kubeconfig, ['cronjobs', '-n', 'shop']);
      expect([run.exitCode, run.report.items]).toEqual([0, []]);
      expect(run.stderr).toContain('Note: no such objects found');
    });

    test('the right to read them is named', async () => {
      const kubeconfig = await login('no-deployments', ['deployments']);
      const read = await stage.review(['deploy/web', '-n', 'shop', '--live', '--kubeconfig', kubeconfig]);
      expect(read.stderr).toContain(
        'The right to get deployments.apps "web" in namespace "shop" is missing.',
      );
      const list = await stage.review(['deploy', '-A', '--live', '--kubeconfig', kubeconfig]);
      expect(list.stderr).toContain('The right to list deployments.apps is missing.');
    });
  });

  test('the rule that the message shows grants the right', async () => {
    const kubeconfig = await login('granted', ['nodes']);
    const file = await stage.write('granted.yaml', podOf('a', 'bk-wasi-wasm'));
    const { stderr } = await review(kubeconfig, ['-f', file]);
    const [, shown = ''] = /grants it: (\{.*?\})\./.exec(stderr) ?? [];
    const patch = `[{"op": "add", "path": "/rules/-", "value": ${shown.replaceAll(/(\w+): \[/g, '"$1": [')}}]`;
    await must(kubernetes.kubectl(['patch', 'clusterrole', 'review-granted', '--type=json', '-p', patch]));
    await expect.poll(async () => (await review(kubeconfig, ['-f', file])).report.unreadable).toEqual([]);
  });
});
