import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubernetesClient, type KubernetesClient } from '../../src/kubernetes/client.ts';
import { createKubeconfigConnection } from '../../src/kubernetes/connection.ts';
import { isKubernetesError } from '../../src/kubernetes/kubernetes-error.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { type LimitRange, type LimitRangeItem, parseLimitRange } from '../../src/pod/cluster-objects.ts';
import { readPod, type Pod } from '../../src/pod/pod.ts';
import { plan } from '../policy/resource-pods.ts';
import { applied, situations, written } from '../policy/resource-situations.ts';
import { realServers } from '../support/e2e/real-servers.ts';
import { admitted, problems } from '../support/kubernetes/api-server-model.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { type KubernetesServer, startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { namespace } from '../support/kubernetes/objects.ts';
import { fc } from '../support/lib/properties.ts';
import { limitRanges } from '../support/pod/limited-pods.ts';

const servers = await realServers(['etcd', 'kube-apiserver', 'kubectl']);
const never = new AbortController().signal;

const SAMPLE = { namespaces: 25, podsEach: 20 } as const;
/** Fixed, so that a failure repeats. */
const SEED = 20_260_719;

/** A namespace with its LimitRanges, as the API server stores them. */
interface Room {
  readonly name: string;
  readonly limitRanges: readonly LimitRange[];
}

describe.skipIf(servers.missing)(`resources on a real API server${servers.note}`, () => {
  let kubernetes: KubernetesServer;
  let client: KubernetesClient;
  beforeAll(async () => {
    kubernetes = await startKubernetesServer(servers.paths);
    client = createKubernetesClient(await createKubeconfigConnection(kubernetes.kubeconfig));
  });
  afterAll(() => kubernetes?.stop());

  test('the API server accepts our values for some hundred Pods that it accepts without, and its model agrees', async () => {
    const rooms = await furnish(kubernetes, client);
    const given = fc.sample(situations, { numRuns: SAMPLE.namespaces * SAMPLE.podsEach, seed: SEED });
    let [changed, refused] = [0, 0];
    for (const [index, situation] of given.entries()) {
      const room = rooms[index % rooms.length];
      if (room === undefined) throw new Error('there are no namespaces');
      const pod = written(situation);
      const { seen, refusal } = await dryRun(client, room, pod);
      const modelled = problems(admitted(pod, room.limitRanges), room.limitRanges);
      expect({ pod, room, isTaken: seen !== null, refusal }).toMatchObject({
        isTaken: modelled.length === 0,
      });
      if (seen === null) {
        refused += 1;
        continue;
      }
      const answer = plan(seen, situation.sketches, { ...situation, limitRanges: room.limitRanges });
      const result = await dryRun(client, room, applied(seen, answer));
      expect({ pod, room, answer, refusal: result.refusal }).toMatchObject({ refusal: null });
      changed += answer.changes.length > 0 ? 1 : 0;
    }
    expect(changed).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(50);
  }, 300_000);
});

async function furnish({ kubectl }: KubernetesServer, client: KubernetesClient): Promise<readonly Room[]> {
  const furniture = fc.sample(limitRanges, { numRuns: SAMPLE.namespaces, seed: SEED });
  const named = furniture.map((ranges, index) => ({ name: `room-${index}`, ranges }));
  await must(
    apply(
      kubectl,
      named.map(({ name }) => namespace(name)),
    ),
  );
  const objects = named.flatMap(({ name, ranges }) => ranges.map((range) => manifestOf(range, name)));
  await must(apply(kubectl, objects));
  return Promise.all(
    named.map(async ({ name }) => {
      const path = `/api/v1/namespaces/${name}/limitranges`;
      const { items } = await client.request({ action: 'list', path }, never);
      return {
        name,
        limitRanges: (items as readonly JsonObject[]).flatMap((item) => parseLimitRange(item) ?? []),
      };
    }),
  );
}

function manifestOf({ name, limits }: LimitRange, room: string): object {
  const present = (item: LimitRangeItem): object =>
    Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name, namespace: room },
    spec: { limits: limits.map(present) },
  };
}

interface DryRun {
  /** The Pod as webhooks would get it; null if it is rejected. */
  readonly seen: Pod | null;
  readonly refusal: string | null;
}

/** A dry run: everything that the API server does with a Pod except storing it. */
async function dryRun(client: KubernetesClient, { name }: Room, { metadata, spec }: Pod): Promise<DryRun> {
  const withImage = (list: Pod['spec']['initContainers']) =>
    (list ?? []).map((container) => ({ ...container, image: 'registry.example/app:1' }));
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', annotations: metadata?.annotations },
    spec: {
      ...spec,
      containers: withImage(spec.containers),
      initContainers: withImage(spec.initContainers),
    },
  };
  const path = `/api/v1/namespaces/${name}/pods`;
  try {
    const call = { action: 'create Pod', method: 'POST', path, query: { dryRun: 'All' }, body } as const;
    return { seen: readPod(await client.request(call, never)), refusal: null };
  } catch (error) {
    if (isKubernetesError(error, 'forbidden', 'invalid')) return { seen: null, refusal: error.message };
    throw error;
  }
}
