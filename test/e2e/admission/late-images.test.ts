import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TestPod } from '../../support/e2e/install.ts';
import { useStage } from '../../support/e2e/use-stage.ts';
import { apply, getJson, must } from '../../support/kubernetes/kubectl.ts';
import { createNamespace, deployment, pod } from '../../support/kubernetes/objects.ts';
import { waitFor } from '../../support/lib/processes.ts';

const { kubectl, facts, missing, note } = useStage();
const { images, spareHost } = facts;
const [OPEN_HOST = '', REPOSITORY = ''] = images.module.split(/\/(.*)/, 2);

/** Replicas of the Deployment that is applied during the outage; `WASMGATE_OUTAGE_REPLICAS=200` is the long form. */
const REPLICAS = Number(process.env['WASMGATE_OUTAGE_REPLICAS'] ?? 40);
const CONTROLLER = 'wasmgate.dev/wasmgate';
/** Milliseconds for what takes seconds on a quiet machine. */
const PATIENT = { seconds: 170 } as const;

interface ListedEvent {
  readonly reportingController: string;
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly kind: string; readonly name: string; readonly uid: string };
}

type Named = TestPod & { readonly metadata: { readonly name: string; readonly uid: string } };

async function eventsIn(namespace: string): Promise<readonly ListedEvent[]> {
  const args = ['events.events.k8s.io', '-n', namespace];
  const { items } = await getJson<{ readonly items: readonly ListedEvent[] }>(kubectl, args);
  return items.filter(({ reportingController }) => reportingController === CONTROLLER);
}

async function podsIn(namespace: string, app: string): Promise<readonly Named[]> {
  const args = ['pods', '-n', namespace, '-l', `app=${app}`];
  return (await getJson<{ readonly items: readonly Named[] }>(kubectl, args)).items;
}

function waitForPods(namespace: string, app: string, count: number): Promise<readonly Named[]> {
  const all = async () => {
    const pods = await podsIn(namespace, app);
    return pods.length === count && pods;
  };
  return waitFor(all, { what: `${count} Pods of ${app}`, ...PATIENT });
}

function classesOf(pods: readonly Named[]): ReadonlySet<unknown> {
  return new Set(pods.map(({ spec }) => spec['runtimeClassName']));
}

/** Each test starts its own registry at the spare address, so they run one after the other. */
describe.skipIf(missing)(`a registry that answers too late${note}`, () => {
  test('the Pod is admitted, and an Event says what its image needs; a dry run gets none', async () => {
    const gate = await startGate(spareHost, OPEN_HOST);
    const namespace = await createNamespace(kubectl, 'late');
    const spec = { containers: [{ name: 'app', image: `${spareHost}/${REPOSITORY}` }] };
    const trial = JSON.stringify(pod('trial', namespace, { spec }));
    await Promise.all([
      must(kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: trial })),
      must(apply(kubectl, [pod('app', namespace, { spec })])),
    ]);
    const made = await getJson<Named>(kubectl, ['pod', 'app', '-n', namespace]);
    expect(made.spec['runtimeClassName']).toBeUndefined();

    gate.open();
    const reported = async () => {
      const events = await eventsIn(namespace);
      return events.length > 0 && events;
    };
    expect(await waitFor(reported, { what: 'an Event on the Pod', ...PATIENT })).toMatchObject([
      {
        type: 'Warning',
        reason: 'WasmImageWithoutRuntimeClass',
        note: expect.stringContaining('needs RuntimeClass "crun-wasm"') as string,
        regarding: { kind: 'Pod', name: 'app', namespace, uid: made.metadata.uid },
      },
    ]);
  });
});

describe.skipIf(missing)(`a registry that hung for a while${note}`, () => {
  test('Pods admitted meanwhile are reported on their ReplicaSet, later ones get their class', async () => {
    const gate = await startGate(spareHost, OPEN_HOST);
    const namespace = await createNamespace(kubectl, 'outage');
    // Another reference to the same bytes as in the previous test, so nothing is cached for it.
    const { digest } = await headOf(OPEN_HOST, REPOSITORY);
    const [repository = ''] = REPOSITORY.split(':');
    const spec = { containers: [{ name: 'app', image: `${spareHost}/${repository}@${digest}` }] };
    const during = deployment('during', namespace, { spec });
    await must(apply(kubectl, [{ ...during, spec: { ...during.spec, replicas: REPLICAS } }]));
    const unseen = await waitForPods(namespace, 'during', REPLICAS);
    expect(classesOf(unseen)).toEqual(new Set([undefined]));
    expect(await eventsIn(namespace)).toEqual([]);

    gate.open();
    const reported = async () => {
      const events = await eventsIn(namespace);
      return events.some(({ regarding }) => regarding.kind === 'ReplicaSet') && events;
    };
    const events = await waitFor(reported, { what: 'an Event on the ReplicaSet', ...PATIENT });
    const onOwner = events.find(({ regarding }) => regarding.kind === 'ReplicaSet');
    expect(onOwner).toMatchObject({
      reason: 'WasmImageWithoutRuntimeClass',
      note: expect.stringContaining(
        `Run: kubectl rollout restart deployment/during -n ${namespace}`,
      ) as string,
    });
    const sets = await getJson<{ readonly items: readonly Named[] }>(kubectl, [
      'replicasets',
      '-n',
      namespace,
    ]);
    expect(sets.items.map(({ metadata }) => metadata.uid)).toContain(onOwner?.regarding.uid);

    await must(apply(kubectl, [deployment('after', namespace, { spec })]));
    expect(classesOf(await waitForPods(namespace, 'after', 1))).toEqual(new Set(['crun-wasm']));

    // The advised fix works.
    await must(kubectl(['rollout', 'restart', 'deployment/during', '-n', namespace]));
    const cured = async () => classesOf(await podsIn(namespace, 'during')).has('crun-wasm');
    await waitFor(cured, { what: 'Pods with their class', ...PATIENT });
  });
});

async function headOf(host: string, repository: string): Promise<{ readonly digest: string }> {
  const [name = '', tag = ''] = repository.split(':');
  const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
  const response = await fetch(`http://${host}/v2/${name}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept },
  });
  return { digest: response.headers.get('docker-content-digest') ?? '' };
}

/** A proxy to the registry that the test opens. */
async function startGate(from: string, to: string): Promise<{ readonly open: () => void }> {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const clients = new Set<Socket>();
  const server = createServer(async (client) => {
    clients.add(client);
    client.on('error', () => undefined);
    client.on('close', () => clients.delete(client));
    await opened;
    const registry = connect(Number(portOf(to)), '127.0.0.1');
    // Either side may close.
    await Promise.allSettled([pipeline(client, registry), pipeline(registry, client)]);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(Number(portOf(from)), '127.0.0.1', listening.resolve);
  await listening.promise;
  onTestFinished(() => {
    server.close();
    // A kept connection would bypass the proxy of the next test.
    for (const client of clients) client.destroy();
  });
  return { open };
}

function portOf(host: string): string {
  return host.split(':')[1] ?? '';
}
