import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestPod } from '../../support/e2e/install.ts';
import { useStage } from '../../support/e2e/use-stage.ts';
import { mutations, podAuditAnnotations } from '../../support/kubernetes/audit-log.ts';
import { apply, getJson, must } from '../../support/kubernetes/kubectl.ts';
import { createNamespace, pod } from '../../support/kubernetes/objects.ts';
import { type StandInWebhook, startStandInWebhook } from '../../support/kubernetes/stand-in-webhook.ts';
import { waitFor } from '../../support/lib/processes.ts';

const { kubectl, facts, missing, note } = useStage();
const { images } = facts;

describe.skipIf(missing)(`next to another mutating webhook${note}`, () => {
  let neighbour: StandInWebhook;
  let namespace: string;
  beforeAll(async () => {
    // Injects a sidecar, once, as a service mesh does.
    neighbour = await startStandInWebhook(({ object }) => {
      const containers = object.spec['containers'] as readonly { readonly name: string }[];
      if (containers.some(({ name }) => name === 'mesh')) return [];
      return [{ op: 'add', path: '/spec/containers/-', value: { name: 'mesh', image: images.linux } }];
    });
    namespace = await createNamespace(kubectl, 'meshed');
    await must(apply(kubectl, [configuration(neighbour, namespace)]));
    const probe = JSON.stringify(pod('probe', namespace, { spec: module }));
    const names = ['create', '--dry-run=server', '-o=jsonpath={.spec.containers[*].name}', '-f', '-'];
    await waitFor(async () => (await must(kubectl(names, { stdin: probe }))) === 'app mesh', {
      what: 'the neighbour to be asked',
      seconds: 120,
    });
  });
  afterAll(async () => {
    await kubectl(['delete', 'mutatingwebhookconfiguration', 'zz-neighbour']);
    await neighbour?.[Symbol.asyncDispose]();
  });
  const module = { containers: [{ name: 'app', image: images.module }] };

  test('called again after the other webhook, wasmgate changes nothing', async () => {
    await must(apply(kubectl, [pod('app', namespace, { spec: module })]));
    const made = await getJson<TestPod>(kubectl, ['pod', 'app', '-n', namespace]);
    expect(made.spec['runtimeClassName']).toBe('crun-wasm');
    expect(made.spec.containers.map(({ name }) => name)).toEqual(['app', 'mesh']);
    const annotations = (await podAuditAnnotations(facts.auditLog, namespace)).at(-1) ?? {};
    expect(mutations(annotations)).toEqual([
      'round 0: mutate.wasmgate.dev changed it',
      'round 0: neighbour.example.com changed it',
      'round 1: mutate.wasmgate.dev left it',
    ]);
  });
});

function configuration({ url, caBundle }: StandInWebhook, namespace: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    // Called in the order of names: after wasmgate.
    metadata: { name: 'zz-neighbour' },
    webhooks: [
      {
        name: 'neighbour.example.com',
        admissionReviewVersions: ['v1'],
        clientConfig: { url: `${url}/inject`, caBundle },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        sideEffects: 'None',
        reinvocationPolicy: 'Never',
      },
    ],
  };
}
