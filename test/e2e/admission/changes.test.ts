import { describe, expect, test } from 'vitest';
import { podsOf, type TestPod } from '../../support/e2e/install.ts';
import { CONFIGURED_TOLERATION, CRUN_OVERHEAD } from '../../support/e2e/stage.ts';
import { useStage } from '../../support/e2e/use-stage.ts';
import { apply, getJson, must } from '../../support/kubernetes/kubectl.ts';
import { createNamespace, deployment, pod } from '../../support/kubernetes/objects.ts';

const { kubectl, facts, missing, note } = useStage();
const { images } = facts;

const STANDARD = {
  requests: { cpu: '50m', memory: '16Mi' },
  limits: { cpu: '200m', memory: '64Mi' },
} as const;

describe.skipIf(missing)(`changes of a Pod${note}`, () => {
  test('a Deployment of a module: its Pod runs under crun', async () => {
    const namespace = await createNamespace(kubectl, 'module');
    const containers = [{ name: 'app', image: images.module }];
    const applied = await apply(kubectl, [deployment('hello', namespace, { spec: { containers } })]);
    expect(applied).toMatchObject({ code: 0, stderr: '' });

    const [made] = await podsOf(kubectl, namespace, 'app=hello');
    expect(made).toMatchObject({
      metadata: { annotations: { 'module.wasm.image/variant': 'compat-smart' } },
      spec: {
        runtimeClassName: 'crun-wasm',
        overhead: CRUN_OVERHEAD.podFixed,
        nodeSelector: { 'wasm-runtime': 'enabled' },
        tolerations: expect.arrayContaining([
          { key: 'wasm-workload', operator: 'Equal', value: 'true', effect: 'NoSchedule' },
          CONFIGURED_TOLERATION,
          // DefaultTolerationSeconds ran before the webhooks.
          expect.objectContaining({ key: 'node.kubernetes.io/not-ready' }),
        ]),
        containers: [{ resources: STANDARD }],
      },
    });
  });

  test('a Spin application gets the Spin class and the command that its shim expects', async () => {
    const namespace = await createNamespace(kubectl, 'spin');
    const { spec } = await create(pod('app', namespace, { spec: one(images.spin) }));
    expect(spec).toMatchObject({ runtimeClassName: 'wasmtime-spin-v2', containers: [{ command: ['/'] }] });
  });

  test('a module next to a Linux sidecar: one class that runs both, limits for the module only', async () => {
    const namespace = await createNamespace(kubectl, 'mixed');
    const containers = [
      { name: 'app', image: images.module },
      { name: 'sidecar', image: images.linux },
    ];
    const { spec } = await create(pod('mixed', namespace, { spec: { containers } }));
    expect(spec['runtimeClassName']).toBe('crun-wasm');
    expect(spec.containers.map(({ resources }) => resources)).toEqual([STANDARD, {}]);
  });

  test('a Linux Pod stays unchanged', async () => {
    const namespace = await createNamespace(kubectl, 'linux');
    const { metadata, spec } = await create(pod('linux', namespace, { spec: one(images.linux) }));
    expect(metadata.annotations).toBeUndefined();
    expect(spec['runtimeClassName']).toBeUndefined();
    expect(spec.containers[0]?.['resources']).toEqual({});
  });

  test('values of the user are not overwritten', async () => {
    const namespace = await createNamespace(kubectl, 'users');
    const resources = { requests: { cpu: '1m', memory: '80Mi' }, limits: { cpu: '2', memory: '80Mi' } };
    const spec = {
      runtimeClassName: 'wasmtime',
      containers: [{ name: 'app', image: images.module, resources }],
    };
    const made = await create(pod('users', namespace, { spec }));
    expect(made.spec).toMatchObject({ runtimeClassName: 'wasmtime', containers: [{ resources }] });
  });

  test('defaults of a LimitRange are tightened, the user’s own values are not', async () => {
    const namespace = await createNamespace(kubectl, 'limits');
    const limits = {
      type: 'Container',
      default: { cpu: '1', memory: '1Gi' },
      defaultRequest: { cpu: '500m', memory: '512Mi' },
    };
    const metadata = { name: 'defaults', namespace };
    await must(
      apply(kubectl, [{ apiVersion: 'v1', kind: 'LimitRange', metadata, spec: { limits: [limits] } }]),
    );
    const containers = [
      { name: 'app', image: images.module },
      { name: 'own', image: images.module, resources: { requests: { memory: '600Mi' } } },
    ];
    const made = await create(pod('limited', namespace, { spec: { containers } }));
    expect(made.metadata.annotations?.['kubernetes.io/limit-ranger']).toContain(
      'memory limit for container app',
    );
    expect(made.spec.containers.map(({ resources }) => resources)).toEqual([
      STANDARD,
      { requests: { cpu: '50m', memory: '600Mi' }, limits: { cpu: '200m', memory: '600Mi' } },
    ]);
  });

  test('a server-side dry run shows all changes and stores nothing', async () => {
    const namespace = await createNamespace(kubectl, 'dry');
    const args = ['create', '--dry-run=server', '-o=jsonpath={.spec.runtimeClassName}', '-f', '-'];
    const asked = await kubectl(args, {
      stdin: JSON.stringify(pod('dry', namespace, { spec: one(images.module) })),
    });
    expect(asked).toEqual({ code: 0, stdout: 'crun-wasm', stderr: '' });
    expect((await kubectl(['get', 'pod', 'dry', '-n', namespace])).stderr).toContain('NotFound');
  });
});

function one(image: string): object {
  return { containers: [{ name: 'app', image }] };
}

/** Creates a Pod and reads it back. */
async function create(object: ReturnType<typeof pod>): Promise<TestPod> {
  const { name, namespace } = object.metadata;
  await must(apply(kubectl, [object], ['--server-side']));
  return await getJson<TestPod>(kubectl, ['pod', name, '-n', namespace]);
}
