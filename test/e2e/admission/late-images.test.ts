import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { TestPod } from '../../support/install.ts';
import { apply, getJson, must } from '../../support/kubectl.ts';
import { createNamespace, pod } from '../../support/objects.ts';
import { waitFor } from '../../support/processes.ts';
import { useStage } from '../../support/use-stage.ts';

const { kubectl, facts, missing, note } = useStage();
const { images, spareHost } = facts;

interface EventList {
  readonly items: readonly { readonly reportingController: string }[];
}

describe.skipIf(missing)(`a registry that answers too late${note}`, () => {
  test('the Pod is admitted, and an Event on it says what its image needs; a dry run gets none', async () => {
    const [openHost = '', repository = ''] = images.module.split(/\/(.*)/, 2);
    const gate = await startGate(spareHost, openHost);
    const namespace = await createNamespace(kubectl, 'late');
    const spec = { containers: [{ name: 'app', image: `${spareHost}/${repository}` }] };
    const trial = JSON.stringify(pod('trial', namespace, { spec }));
    await Promise.all([
      must(kubectl(['create', '--dry-run=server', '-f', '-'], { stdin: trial })),
      must(apply(kubectl, [pod('app', namespace, { spec })])),
    ]);
    const made = await getJson<TestPod & { readonly metadata: { readonly uid: string } }>(kubectl, [
      'pod',
      'app',
      '-n',
      namespace,
    ]);
    expect(made.spec['runtimeClassName']).toBeUndefined();

    gate.open();
    const events = await waitFor(
      async () => {
        const { items } = await getJson<EventList>(kubectl, ['events.events.k8s.io', '-n', namespace]);
        const own = items.filter(
          ({ reportingController }) => reportingController === 'wasmgate.dev/wasmgate',
        );
        return own.length > 0 && own;
      },
      { what: 'an Event on the Pod', seconds: 120 },
    );
    expect(events).toMatchObject([
      {
        type: 'Warning',
        reason: 'WasmImageWithoutRuntimeClass',
        note: expect.stringContaining('needs RuntimeClass "crun-wasm"') as string,
        regarding: { kind: 'Pod', name: 'app', namespace, uid: made.metadata.uid },
      },
    ]);
  });
});

/** Passes connections on to the registry, once the test lets them. */
async function startGate(from: string, to: string): Promise<{ readonly open: () => void }> {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const server = createServer(async (client) => {
    client.on('error', () => undefined);
    await opened;
    const registry = connect(Number(portOf(to)), '127.0.0.1');
    // Either side may break off.
    await Promise.allSettled([pipeline(client, registry), pipeline(registry, client)]);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(Number(portOf(from)), '127.0.0.1', listening.resolve);
  await listening.promise;
  onTestFinished(() => void server.close());
  return { open };
}

function portOf(host: string): string {
  return host.split(':')[1] ?? '';
}
