import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCENARIOS } from '../../src/policy/settings.ts';
import { type KubernetesObject, MANIFESTS, renderManifests } from '../support/e2e/install.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']);
const STRICT = ['--server-side', '--validate=strict'] as const;

describe.skipIf(servers.missing)(`manifests${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  beforeAll(async () => {
    kubernetes = await startKubernetesServer(servers.paths);
  });
  afterAll(() => kubernetes?.stop());

  test('kubectl apply -k manifests/base succeeds without warnings, twice', async () => {
    const args = ['apply', '-k', join(MANIFESTS, 'base'), ...STRICT];
    const first = await kubernetes.kubectl(args);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout.trim().split('\n').toSorted()).toEqual([
      'clusterrole.rbac.authorization.k8s.io/wasmgate serverside-applied',
      'clusterrole.rbac.authorization.k8s.io/wasmgate-certificates serverside-applied',
      'clusterrole.rbac.authorization.k8s.io/wasmgate-pull-secrets serverside-applied',
      'clusterrole.rbac.authorization.k8s.io/wasmgate-warm-start serverside-applied',
      'clusterrolebinding.rbac.authorization.k8s.io/wasmgate serverside-applied',
      'clusterrolebinding.rbac.authorization.k8s.io/wasmgate-certificates serverside-applied',
      'clusterrolebinding.rbac.authorization.k8s.io/wasmgate-pull-secrets serverside-applied',
      'clusterrolebinding.rbac.authorization.k8s.io/wasmgate-warm-start serverside-applied',
      'configmap/wasmgate-configuration serverside-applied',
      'deployment.apps/wasmgate serverside-applied',
      'mutatingwebhookconfiguration.admissionregistration.k8s.io/wasmgate serverside-applied',
      'namespace/wasmgate-system serverside-applied',
      'poddisruptionbudget.policy/wasmgate serverside-applied',
      'resourcequota/wasmgate-critical-pods serverside-applied',
      'role.rbac.authorization.k8s.io/wasmgate-certificates serverside-applied',
      'role.rbac.authorization.k8s.io/wasmgate-warm-start serverside-applied',
      'rolebinding.rbac.authorization.k8s.io/wasmgate-certificates serverside-applied',
      'rolebinding.rbac.authorization.k8s.io/wasmgate-warm-start serverside-applied',
      'secret/wasmgate-certificates serverside-applied',
      'secret/wasmgate-images serverside-applied',
      'service/wasmgate serverside-applied',
      'serviceaccount/wasmgate serverside-applied',
      'validatingwebhookconfiguration.admissionregistration.k8s.io/wasmgate serverside-applied',
    ]);
    expect(await kubernetes.kubectl(args)).toMatchObject({ code: 0, stderr: '' });
  });

  test('a repeated client-side apply changes nothing', async () => {
    const args = ['apply', '-k', join(MANIFESTS, 'base'), '--validate=strict'];
    await must(kubernetes.kubectl(args));
    const read = [
      'get',
      'poddisruptionbudget/wasmgate',
      '-n',
      'wasmgate-system',
      '-o=jsonpath={.metadata.resourceVersion}',
    ];
    const before = await must(kubernetes.kubectl(read));
    const { stdout } = await kubernetes.kubectl(args);
    // kubectl patches every PodDisruptionBudget, because patches replace its selector as a whole. The API server finds no change.
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' unchanged')),
    ).toEqual(['poddisruptionbudget.policy/wasmgate configured']);
    expect(await must(kubernetes.kubectl(read))).toBe(before);
  });

  test('a second field manager applies the same manifests without a conflict, and changes no object', async () => {
    const args = [
      'apply',
      '-k',
      join(MANIFESTS, 'base'),
      ...STRICT,
      '-o',
      'jsonpath={.items[*].metadata.generation}',
    ];
    const before = await must(kubernetes.kubectl(args));
    expect(await must(kubernetes.kubectl([...args, '--field-manager=gitops']))).toBe(before);
  });

  test('the caBundle that wasmgate wrote survives the next apply', async () => {
    const caBundle = Buffer.from('a certificate').toString('base64');
    const patch = JSON.stringify([{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: caBundle }]);
    const name = 'mutatingwebhookconfiguration/wasmgate';
    await must(kubernetes.kubectl(['patch', name, '--type=json', `-p=${patch}`]));
    await must(kubernetes.kubectl(['apply', '-k', join(MANIFESTS, 'base'), ...STRICT]));
    const jsonpath = '-o=jsonpath={.webhooks[0].clientConfig.caBundle}';
    expect(await must(kubernetes.kubectl(['get', name, jsonpath]))).toBe(caBundle);
  });

  test('its Pods pass Pod Security restricted and the quota for critical Pods', async () => {
    const deployment = ['deployment/wasmgate', '-n', 'wasmgate-system'];
    await must(
      kubernetes.kubectl(['wait', ...deployment, '--for=jsonpath={.status.replicas}=2', '--timeout=60s']),
    );
  });

  test.each(SCENARIOS)(
    'manifests/overlays/%s differs from the base in its configuration only',
    async (scenario) => {
      const args = ['-k', join(MANIFESTS, 'overlays', scenario), ...STRICT, '--dry-run=server'];
      expect(await kubernetes.kubectl(['apply', ...args])).toMatchObject({ code: 0, stderr: '' });
      const [base, overlay] = await Promise.all(
        ['base', `overlays/${scenario}`].map((folder) => renderManifests(kubernetes.kubectl, folder)),
      );
      expect(overlay?.map(nameOf)).toEqual(base?.map(nameOf));
      const isConfiguration = (object: KubernetesObject): boolean => object.kind === 'ConfigMap';
      expect(JSON.stringify(overlay?.find(isConfiguration))).toContain(`scenario: ${scenario}`);
    },
  );

  test.each(['runtime-classes', 'examples'])('manifests/%s apply cleanly', async (folder) => {
    const objects = await renderManifests(kubernetes.kubectl, folder);
    expect(objects.length).toBeGreaterThan(4);
    expect(await apply(kubernetes.kubectl, objects, STRICT)).toMatchObject({ code: 0, stderr: '' });
  });
});

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.name}`;
}
