import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPrograms } from '../../e2e/testbed/find-programs.ts';
import { pod } from '../../support/kubernetes/objects.ts';
import { type Distribution, startDistribution } from '../../support/registry/distribution.ts';
import { ACCOUNT, basicAuth } from '../../support/registry/token-server.ts';
import { useNode } from '../cluster/real-node.ts';
import { layerImage, markedWasm } from '../images/oci-image.ts';
import { pushImages } from '../images/push-images.ts';
import { SMALL_MODULE } from '../images/small-modules.ts';
import { COMPLETED, UNCHANGED } from './outcome.ts';
import { expectEnd, useNamespace } from './test-namespace.ts';

const node = useNode();
const owner = useNamespace(node, 'private');
const stranger = useNamespace(node, 'stranger');
const [address = ''] = node.extraRegistries;
const image = `${address}/private/module:1`;

let registry: Distribution;

function privatePod(namespace: string, name: string, more: object = {}): object {
  // By its command, wasmgate expects Wasm and says what it could not read. The kubelet asks the registry at each start.
  const containers = [{ name: 'wasm', image, command: ['app.wasm'], imagePullPolicy: 'Always' }];
  return pod(name, namespace, { spec: { restartPolicy: 'OnFailure', containers, ...more } });
}

describe('a private image', () => {
  beforeAll(async () => {
    const programs = await findPrograms(['registry', 'crane']);
    if (programs.kind === 'missing') throw new Error(programs.reason);
    registry = await startDistribution(programs.paths, 'basic', { address });
    const module = layerImage(markedWasm(SMALL_MODULE, 'private'));
    const authorization = `Basic ${basicAuth(ACCOUNT)}`;
    await pushImages(address, { 'private/module:1': module }, { authorization });
    const namespace = owner.name();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'account', namespace } };
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'puller', namespace } };
    const imagePullSecrets = [{ name: 'account' }];
    await owner.apply([
      {
        ...secret,
        type: 'kubernetes.io/dockerconfigjson',
        stringData: { '.dockerconfigjson': registry.dockerConfig },
      },
      { ...account, imagePullSecrets },
      privatePod(namespace, 'by-pod', { imagePullSecrets }),
    ]);
    // The API server copies the pull secrets of the account into Pods, once it knows the account.
    await owner.apply([privatePod(namespace, 'by-account', { serviceAccountName: 'puller' })]);
  });
  afterAll(() => registry?.stop());

  test.each([
    ['the Pod', 'by-pod'],
    ['its ServiceAccount', 'by-account'],
  ])('gets its class and completes with the pull secret of %s', async (_of, name) => {
    await expectEnd(owner, name, COMPLETED);
  });

  test('stays unknown in a namespace without the secret, and the node cannot pull it either', async () => {
    const { stderr } = await stranger.apply([privatePod(stranger.name(), 'without')]);
    expect(stderr).toContain('has an unknown image (unauthorized)');
    await expect
      .poll(() => stranger.describe('without'))
      .toMatch(/wasm: waiting, (?:ErrImagePull|ImagePullBackOff)/);
    expect(await stranger.outcome('without')).toMatchObject(UNCHANGED);
  });
});
