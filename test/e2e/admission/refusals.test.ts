import { describe, expect, test } from 'vitest';
import { useStage } from '../../support/e2e/use-stage.ts';
import { apply } from '../../support/kubernetes/kubectl.ts';
import { createNamespace, deployment, pod } from '../../support/kubernetes/objects.ts';

const { kubectl, facts, missing, note } = useStage();
const { images } = facts;

const DENIED = 'admission webhook "validate.wasmgate.dev" denied the request: ';

describe.skipIf(missing)(`what kubectl prints${note}`, () => {
  test.each([
    {
      name: 'a Spin application on wasmtime',
      image: images.spin,
      runtimeClassName: 'wasmtime',
      what: `wasmgate/handler-cannot-run-image: container "app" (image ${images.spin}) is a Spin application, but the Wasmtime shim of RuntimeClass "wasmtime" cannot host`,
      advice: '. Fix: Set runtimeClassName to "wasmtime-spin-v2"',
    },
    {
      name: 'a module on runc',
      image: images.module,
      runtimeClassName: 'runc',
      what: `wasmgate/handler-cannot-run-image: container "app" (image ${images.module}) is a Wasm image for a WASI platform, but runc of RuntimeClass "runc" runs Linux programs only`,
      advice: '. Fix: Set runtimeClassName to "crun-wasm" or ',
    },
    {
      name: 'an index that no node can pull',
      image: images.wasiOnlyIndex,
      runtimeClassName: undefined,
      what: 'wasmgate/image-will-not-pull: container "app" cannot be pulled: its index offers wasi/wasm, which no node has',
      advice: '. Fix: Set image to "127.0.0.1:',
    },
  ])('$name is denied, with a fix', async ({ image, runtimeClassName, what, advice }) => {
    const namespace = await createNamespace(kubectl, 'refused');
    const containers = [{ name: 'app', image }];
    const refused = await apply(kubectl, [pod('app', namespace, { spec: { runtimeClassName, containers } })]);
    expect(refused.code).toBe(1);
    const [line, ...more] = refused.stderr.trim().split('\n');
    expect(line).toContain(DENIED + what);
    expect(line).toContain(advice);
    expect(more).toEqual([]);
    expect((await kubectl(['get', 'pod', 'app', '-n', namespace])).stderr).toContain('NotFound');
  });

  test('a class that does not exist: the author of the Deployment gets a warning', async () => {
    const namespace = await createNamespace(kubectl, 'missing');
    const spec = { runtimeClassName: 'nowhere', containers: [{ name: 'app', image: images.module }] };
    const output = await apply(kubectl, [deployment('hello', namespace, { spec })]);
    expect(output.code).toBe(0);
    expect(output.stdout).toBe('deployment.apps/hello created\n');
    expect(output.stderr).toMatch(
      /^Warning: wasmgate\/runtime-class-missing: Pods of this Deployment will be denied: .*"nowhere".*"crun-wasm"/m,
    );
  });

  test('a class that does not exist: the API server itself rejects a bare Pod', async () => {
    const namespace = await createNamespace(kubectl, 'missing');
    const spec = { runtimeClassName: 'nowhere', containers: [{ name: 'app', image: images.module }] };
    const refused = await apply(kubectl, [pod('app', namespace, { spec })]);
    expect(refused.stderr).toContain('pod rejected: RuntimeClass "nowhere" not found');
  });
});
