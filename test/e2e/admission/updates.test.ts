import { describe, expect, test } from 'vitest';
import { useStage } from '../../support/e2e/use-stage.ts';
import { apply, must } from '../../support/kubernetes/kubectl.ts';
import { createNamespace, pod } from '../../support/kubernetes/objects.ts';

const { kubectl, facts, missing, note } = useStage();
const { images } = facts;

describe.skipIf(missing)(`an existing Pod${note}`, () => {
  /** Creates a Pod in a new namespace and runs kubectl on it. */
  async function running(image: string, parts: object = {}) {
    const namespace = await createNamespace(kubectl, 'update');
    const spec = { containers: [{ name: 'app', image }], ...parts };
    await must(apply(kubectl, [pod('app', namespace, { spec })]));
    return (...args: readonly string[]) => kubectl([...args, '-n', namespace]);
  }

  const setImage = (image: string) => ['set', 'image', 'pod/app', `app=${image}`];
  const debug = (image: string) => ['debug', 'app', `--image=${image}`, '--container=debug'];

  test('a Wasm image in a Pod without a class is denied, with a fix', async () => {
    const team = await running(images.linux);
    const refused = await team(...setImage(images.module));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('cannot replace the old image: the Pod has no RuntimeClass');
    expect(refused.stderr).toContain('. Fix: Delete the Pod and create it again');
    expect((await team('get', 'pod', 'app', '-o=jsonpath={.spec.containers[0].image}')).stdout).toBe(
      images.linux,
    );
  });

  test('a Wasm debug container in such a Pod is denied', async () => {
    const team = await running(images.linux);
    const refused = await team(...debug(images.module));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`Ephemeral container "debug" (image ${images.module}`);
  });

  test('a Linux image or debug container under a shim’s class is admitted unchanged', async () => {
    const team = await running(images.module, { runtimeClassName: 'wasmtime' });
    const before = await must(team('get', 'pod', 'app', '-o=jsonpath={.spec.containers[0].resources}'));
    await must(team(...setImage(images.linux)));
    await must(team(...debug(images.linux)));
    await must(team('label', 'pod', 'app', 'a=b'));
    expect(await must(team('get', 'pod', 'app', '-o=jsonpath={.spec.containers[0].resources}'))).toBe(before);
    const fields = '-o=jsonpath={.spec.containers[0].image} {.spec.ephemeralContainers[0].image}';
    expect(await must(team('get', 'pod', 'app', fields))).toBe(`${images.linux} ${images.linux}`);
  });
});
