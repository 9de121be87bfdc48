import { describe, expect, test } from 'vitest';
import { getJson } from '../../support/kubernetes/kubectl.ts';
import { NODE_NAME } from '../cluster/node-settings.ts';
import { useNode } from '../cluster/real-node.ts';

const { kubectl, registry, image } = useNode();
const NAMESPACE = ['-n', 'wasmgate-system'];

interface Items<Item> {
  readonly items: readonly Item[];
}

describe("wasmgate's own install", () => {
  test('is two Ready Pods of the image that this checkout builds, under runc', async () => {
    interface Pod {
      readonly metadata: { readonly deletionTimestamp?: string };
      readonly spec: { readonly nodeName: string; readonly runtimeClassName?: string };
      readonly status: { readonly containerStatuses: readonly { readonly [key: string]: unknown }[] };
    }
    const selector = ['-l', 'app.kubernetes.io/name=wasmgate', '--field-selector=status.phase=Running'];
    const { items } = await getJson<Items<Pod>>(kubectl, ['pods', ...NAMESPACE, ...selector]);
    const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const seen = staying.map(({ spec, status: { containerStatuses } }) => ({
      node: spec.nodeName,
      class: spec.runtimeClassName,
      containers: containerStatuses.map(({ ready, restartCount, imageID }) => ({
        ready,
        restartCount,
        imageID,
      })),
    }));
    const imageID = `${registry}/wasmgate@${image}`;
    const pod = {
      node: NODE_NAME,
      class: undefined,
      containers: [{ ready: true, restartCount: 0, imageID }],
    };
    expect(seen).toEqual([pod, pod]);
  });

  test('made its certificates itself, and the API server trusts their authority', async () => {
    interface Webhooks {
      readonly webhooks: readonly { readonly clientConfig: { readonly caBundle: string } }[];
    }
    const secret = await getJson<{ readonly data: Readonly<Record<string, string>> }>(kubectl, [
      'secret',
      'wasmgate-certificates',
      ...NAMESPACE,
    ]);
    const configurations = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];
    const named = await Promise.all(
      configurations.map((kind) => getJson<Webhooks>(kubectl, [kind, 'wasmgate'])),
    );
    const bundles = named.flatMap(({ webhooks }) =>
      webhooks.map(({ clientConfig }) => clientConfig.caBundle),
    );
    expect(bundles.length).toBeGreaterThan(3);
    expect(new Set(bundles)).toEqual(new Set([secret.data['ca.crt']]));
  });

  test('is reached by its Service at both Pods', async () => {
    interface Slice {
      readonly endpoints: readonly {
        readonly conditions: { readonly ready: boolean; readonly terminating?: boolean };
      }[];
    }
    const slices = ['endpointslices', ...NAMESPACE, '-l', 'kubernetes.io/service-name=wasmgate'];
    const { items } = await getJson<Items<Slice>>(kubectl, slices);
    const conditions = items.flatMap(({ endpoints }) => endpoints.map((endpoint) => endpoint.conditions));
    const ready = conditions.filter(({ terminating }) => terminating !== true).map((each) => each.ready);
    expect(ready).toEqual([true, true]);
  });
});
