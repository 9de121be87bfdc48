import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { installBase, waitForWebhooks } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { cronJob, deployment, job, namespace, pod } from '../support/kubernetes/objects.ts';
import { type StandInWebhook, startStandInWebhook } from '../support/kubernetes/stand-in-webhook.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);

// A stand-in for wasmgate records the API server's requests: rules, selectors and CEL of the shipped manifests.
describe.skipIf(servers.missing)(`which requests reach wasmgate${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let standIn: StandInWebhook;
  const create = async (...objects: readonly object[]): Promise<void> =>
    void (await must(apply(kubernetes.kubectl, objects)));
  const inTeam = (...args: readonly string[]) => must(kubernetes.kubectl([...args, '-n', 'team']));

  beforeAll(async () => {
    const { 'kube-apiserver': apiServer, etcd, kubectl } = servers.paths;
    kubernetes = await startKubernetesServer({ 'kube-apiserver': apiServer, etcd, kubectl });
    standIn = await startStandInWebhook();
    await installBase(kubernetes.kubectl, standIn);
    await create(namespace('team'), namespace('quiet', { 'wasmgate.dev/mode': 'off' }));
    await waitForWebhooks(async () => {
      for (const probe of [pod('probe', 'team'), deployment('probe', 'team')]) {
        await must(apply(kubernetes.kubectl, [probe], ['--dry-run=server']));
      }
      return standIn.calls.length >= 3;
    });
  });
  beforeEach(() => standIn.calls.splice(0));
  afterAll(async () => {
    await kubernetes?.stop();
    await standIn?.[Symbol.asyncDispose]();
  });

  test('a Pod: both webhooks, once', async () => {
    await create(pod('hello', 'team'));
    expect(standIn.calls).toEqual(['/mutate CREATE Pod hello', '/validate CREATE Pod hello']);
  });

  test('updates of a Pod: only new images and debug containers', async () => {
    await create(pod('changing', 'team', { metadata: { finalizers: ['example.com/slow'] } }));
    standIn.calls.splice(0);
    await inTeam('label', 'pod', 'changing', 'a=b');
    await inTeam('annotate', 'pod', 'changing', 'a=b');
    expect(standIn.calls).toEqual([]);
    await inTeam('set', 'image', 'pod/changing', 'main=registry.example.com/other:2');
    await inTeam('debug', 'changing', '--image=registry.example.com/debug:1', '--container=debug');
    expect(standIn.calls).toEqual([
      '/validate UPDATE Pod changing',
      '/validate UPDATE Pod/ephemeralcontainers changing',
    ]);
  });

  test('a Pod that is being deleted: none', async () => {
    await create(pod('ending', 'team', { metadata: { finalizers: ['example.com/slow'] } }));
    await inTeam('delete', 'pod', 'ending', '--now', '--wait=false');
    standIn.calls.splice(0);
    await inTeam('set', 'image', 'pod/ending', 'main=registry.example.com/other:2');
    expect(standIn.calls).toEqual([]);
  });

  const mirror = pod('mirror', 'team', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } });
  test.each([
    ['the mirror of a static Pod', { ...mirror, spec: { ...mirror.spec, nodeName: 'node-a' } }],
    ['a Pod for Windows', pod('windows', 'team', { spec: { os: { name: 'windows' } } })],
    ['a Pod in kube-system', pod('system', 'kube-system')],
    ['a Pod in kube-public', pod('public', 'kube-public')],
    ['a Pod in a namespace with mode off', pod('quiet', 'quiet')],
    ['a Deployment in a namespace with mode off', deployment('quiet', 'quiet')],
    ['a ReplicaSet that a controller wrote', replicaSet('owned')],
    ['a Job that a controller wrote', job('owned', 'team', { metadata: { ownerReferences: [owner()] } })],
  ])('%s: nothing', async (_case, object) => {
    await create(object);
    expect(standIn.calls).toEqual([]);
  });

  const { replicas: _, ...spec } = deployment('a', 'team').spec;
  const { template } = spec;
  test.each([
    ['apps/v1', 'Deployment', { spec }],
    ['apps/v1', 'ReplicaSet', { spec }],
    // Required before Kubernetes 1.33.
    ['apps/v1', 'StatefulSet', { spec: { ...spec, serviceName: 'a' } }],
    ['apps/v1', 'DaemonSet', { spec }],
    ['v1', 'ReplicationController', { spec: { selector: spec.selector.matchLabels, template } }],
    ['v1', 'PodTemplate', { template }],
  ])('a template in %s %s: the validating webhook', async (apiVersion, kind, parts) => {
    await create({ apiVersion, kind, metadata: { name: 'template', namespace: 'team' }, ...parts });
    await inTeam('label', kind, 'template', 'a=b');
    expect(standIn.calls).toEqual([`/validate CREATE ${kind} template`]);
  });

  test('an updated PodTemplate: only if its template changed', async () => {
    await create({
      apiVersion: 'v1',
      kind: 'PodTemplate',
      metadata: { name: 'again', namespace: 'team' },
      template,
    });
    const patch =
      '[{"op":"replace","path":"/template/spec/containers/0/image","value":"registry.example.com/other:2"}]';
    await inTeam('patch', 'podtemplate/again', '--type=json', `-p=${patch}`);
    expect(standIn.calls).toEqual([
      '/validate CREATE PodTemplate again',
      '/validate UPDATE PodTemplate again',
    ]);
  });

  test('an updated Deployment: only if its template changed', async () => {
    await create(deployment('web', 'team'));
    await inTeam('scale', 'deployment/web', '--replicas=3');
    await inTeam('label', 'deployment/web', 'a=b');
    await inTeam('set', 'image', 'deployment/web', 'main=registry.example.com/other:2');
    expect(standIn.calls).toEqual(['/validate CREATE Deployment web', '/validate UPDATE Deployment web']);
  });

  test('an updated CronJob: only if its template changed', async () => {
    await create(cronJob('nightly', 'team'));
    await inTeam('patch', 'cronjob/nightly', '--type=merge', '-p={"spec":{"schedule":"1 1 * * *"}}');
    await inTeam('set', 'image', 'cronjob/nightly', 'main=registry.example.com/other:2');
    expect(standIn.calls).toEqual(['/validate CREATE CronJob nightly', '/validate UPDATE CronJob nightly']);
  });

  test('a Deployment that is being deleted: none', async () => {
    await create(deployment('going', 'team', { metadata: { finalizers: ['example.com/slow'] } }));
    await inTeam('delete', 'deployment/going', '--wait=false');
    standIn.calls.splice(0);
    await inTeam('set', 'image', 'deployment/going', 'main=registry.example.com/other:2');
    expect(standIn.calls).toEqual([]);
  });
});

/** A ReplicaSet as the Deployment controller writes it. */
function replicaSet(name: string): object {
  const { selector, template } = deployment(name, 'team').spec;
  const metadata = {
    name,
    namespace: 'team',
    ownerReferences: [{ ...owner(), apiVersion: 'apps/v1', kind: 'Deployment' }],
  };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata, spec: { selector, template } };
}

function owner(): object {
  return { apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: 'a-uid', controller: true };
}
