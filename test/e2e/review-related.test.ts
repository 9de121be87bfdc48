import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/cli/review/report.ts';
import { startReviewStage, type ReviewStage } from '../support/cli/review-stage.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

const CLASSES = ['wasmtime', 'wasmedge'].map((name) => ({
  apiVersion: 'node.k8s.io/v1',
  kind: 'RuntimeClass',
  metadata: { name },
  handler: name,
}));

const SPIN = 'core.spinkube.dev';
const ANYTHING = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };

const EXECUTORS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `spinappexecutors.${SPIN}` },
  spec: {
    group: SPIN,
    names: { kind: 'SpinAppExecutor', plural: 'spinappexecutors' },
    scope: 'Namespaced',
    versions: [{ name: 'v1alpha1', served: true, storage: true, schema: ANYTHING }],
  },
};

const EXECUTOR = {
  apiVersion: `${SPIN}/v1alpha1`,
  kind: 'SpinAppExecutor',
  metadata: { name: 'mine', namespace: 'default' },
  spec: { createDeployment: true, deploymentConfig: { runtimeClassName: 'wasmedge' } },
};

function rollout(deployment: string): object {
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web' },
    spec: { workloadRef },
  };
}

describe.skipIf(servers.missing)(`review --live reads what other objects decide${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let stage: ReviewStage;
  let image: string;
  /** Of a user without any right. */
  let stranger: string;

  beforeAll(async () => {
    stage = await startReviewStage();
    kubernetes = await startKubernetesServer(servers.paths);
    const { kubectl } = kubernetes;
    await must(apply(kubectl, [...CLASSES, EXECUTORS]));
    await must(kubectl(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']));
    image = `${stage.host}/corpus/spin-v2-app`;
    const labels = { app: 'web' };
    const spec = { runtimeClassName: 'wasmtime', containers: [{ name: 'app', image }] };
    const deployment = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } };
    const metadata = { name: 'web', namespace: 'default' };
    await must(
      apply(kubectl, [EXECUTOR, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: deployment }]),
    );
    await must(kubectl(['create', 'serviceaccount', 'stranger', '-n', 'default']));
    const token = await must(kubectl(['create', 'token', 'stranger', '-n', 'default']));
    stranger = await kubernetes.writeKubeconfig(token.trim());
  });
  afterAll(async () => {
    await kubernetes?.stop();
    await stage?.[Symbol.asyncDispose]();
  });

  async function review(object: object, kubeconfig = kubernetes.kubeconfig) {
    const file = await stage.write('object.json', JSON.stringify(object));
    const run = await stage.review(['-f', file, '--live', '--kubeconfig', kubeconfig, '-o', 'json']);
    return { ...run, item: (JSON.parse(run.stdout) as Report).items[0] };
  }

  const undecided = { exitCode: 3, item: { outcome: 'undecided', hangsOn: ['manifest'] } };

  test('the template that a Rollout refers to', async () => {
    const { item, exitCode } = await review(rollout('web'));
    expect(item).toMatchObject({ source: { kind: 'Rollout' }, outcome: 'refused', refuses: 'pods' });
    expect(item?.findings.map(({ id }) => id)).toContain('handler-cannot-run-image');
    expect([exitCode, item?.patch]).toEqual([1, []]);
  });

  test('one that does not exist, or may not be read, leaves the Rollout undecided', async () => {
    const gone = await review(rollout('gone'));
    expect(gone).toMatchObject(undecided);
    expect(gone.stderr).toContain('Deployment "gone" (spec.workloadRef)');
    const denied = await review(rollout('web'), stranger);
    expect(denied).toMatchObject(undecided);
    expect(denied.stderr).toContain('The right to list deployments.apps in namespace "default" is missing.');
  });

  test('the executor of a SpinApp', async () => {
    const { apiVersion } = EXECUTOR;
    const app = {
      apiVersion,
      kind: 'SpinApp',
      metadata: { name: 'orders' },
      spec: { image, executor: 'mine' },
    };
    expect((await review(app)).item).toMatchObject({
      outcome: 'refused',
      runtimeClass: { name: 'wasmedge' },
    });
    const denied = await review(app, stranger);
    expect(denied).toMatchObject(undecided);
    expect(denied.stderr).toContain('The right to list spinappexecutors.core.spinkube.dev');
  });
});
