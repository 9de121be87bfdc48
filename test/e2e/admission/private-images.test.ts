import { describe, expect, test } from 'vitest';
import { podsOf, type TestPod } from '../../support/e2e/install.ts';
import { useStage } from '../../support/e2e/use-stage.ts';
import { apply, getJson, must } from '../../support/kubernetes/kubectl.ts';
import { createNamespace, deployment, pod } from '../../support/kubernetes/objects.ts';

const { kubectl, facts, missing, note } = useStage();
const { behindToken, behindBasic } = facts;

describe.skipIf(missing)(`private images${note}`, () => {
  test.each([
    ['kubernetes.io/dockerconfigjson', 'token', behindToken, dockerConfigJson],
    ['kubernetes.io/dockercfg', 'basic', behindBasic, dockerCfg],
    ['kubernetes.io/dockerconfigjson', 'basic', behindBasic, dockerConfigJson],
  ])('a pull secret of type %s opens a registry with %s accounts', async (type, _auth, known, data) => {
    const namespace = await createNamespace(kubectl, 'private');
    await must(apply(kubectl, [secret(namespace, type, data(known.dockerConfig))]));
    const spec = {
      imagePullSecrets: [{ name: 'account' }],
      containers: [{ name: 'app', image: known.image }],
    };
    await must(apply(kubectl, [pod('app', namespace, { spec })]));
    const made = await getJson<TestPod>(kubectl, ['pod', 'app', '-n', namespace]);
    expect(made.spec['runtimeClassName']).toBe('crun-wasm');
  });

  test('the pull secret of the ServiceAccount is used', async () => {
    const namespace = await createNamespace(kubectl, 'account');
    const type = 'kubernetes.io/dockerconfigjson';
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'app', namespace } };
    await must(
      apply(kubectl, [
        secret(namespace, type, dockerConfigJson(behindToken.dockerConfig)),
        { ...account, imagePullSecrets: [{ name: 'account' }] },
      ]),
    );
    const spec = { serviceAccountName: 'app', containers: [{ name: 'app', image: behindToken.image }] };
    await must(apply(kubectl, [deployment('hello', namespace, { spec })]));
    const [made] = await podsOf(kubectl, namespace, 'app=hello');
    expect(made?.spec['runtimeClassName']).toBe('crun-wasm');
  });

  test('credentials of another namespace are not used: the image is unknown and the Pod unchanged', async () => {
    const namespace = await createNamespace(kubectl, 'stranger');
    const spec = { containers: [{ name: 'app', image: behindToken.image, command: ['/hello.wasm'] }] };
    const applied = await apply(kubectl, [pod('app', namespace, { spec })]);
    expect(applied.code).toBe(0);
    expect(applied.stderr).toContain(
      'container "app" has an unknown image (unauthorized): the token server ',
    );
    expect(applied.stderr).toContain('imagePullSecrets');
    const made = await getJson<TestPod>(kubectl, ['pod', 'app', '-n', namespace]);
    expect(made.spec['runtimeClassName']).toBeUndefined();
  });
});

function secret(namespace: string, type: string, data: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type,
    metadata: { name: 'account', namespace },
    stringData: data,
  };
}

function dockerConfigJson(dockerConfig: string): object {
  return { '.dockerconfigjson': dockerConfig };
}

/** The legacy format has the entries at its top level. */
function dockerCfg(dockerConfig: string): object {
  return { '.dockercfg': JSON.stringify(JSON.parse(dockerConfig).auths) };
}
