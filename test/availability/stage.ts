import { writeOverlay } from '../support/e2e/install.ts';
import { leadServiceTo } from '../support/e2e/lead-service.ts';
import { startWasmgate, type WasmgateProgram } from '../support/e2e/wasmgate-program.ts';
import type { ProgramTimes } from '../support/e2e/wasmgate-with-times.ts';
import { putFixtureImages } from '../support/image/fixture-images.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import {
  type KubernetesPrograms,
  type KubernetesServer,
  startKubernetesServer,
} from '../support/kubernetes/kubernetes-server.ts';
import { namespace, pod } from '../support/kubernetes/objects.ts';
import { waitFor } from '../support/lib/processes.ts';
import { startRegistry, type TestRegistry } from '../support/registry/registry.ts';
import { type Load, startPodLoad } from './pod-load.ts';
import { type Probing, type ServiceProxy, startServiceProxy } from './service-proxy.ts';

/** Labeled for the component fail-closed: a Pod there is judged or not created. */
const CLOSED = 'closed';
/** Not labeled: a Pod there is created unchanged while wasmgate is unavailable. */
const OPEN = 'open';

export interface StageOptions {
  readonly probing: Probing;
  readonly perSecond: number;
}

/** A real API server with base and component fail-closed, which reaches two replicas through a Service. */
export interface AvailabilityStage extends AsyncDisposable {
  readonly kubernetes: KubernetesServer;
  readonly service: ServiceProxy;
  readonly probing: Probing;
  readonly registry: TestRegistry;
  readonly replicas: Map<string, WasmgateProgram>;
  /** Starts a replica and adds it to the Service once it is ready. */
  readonly startReplica: (name: string, times?: ProgramTimes) => Promise<WasmgateProgram>;
  /** Stops a replica as a rollout does: the Service drops it, and it gets SIGTERM. */
  readonly stopReplica: (name: string) => Promise<void>;
  readonly startLoad: (where: 'closed' | 'open') => Promise<Load>;
  /** Creates Pods until one is judged. */
  readonly untilJudged: () => Promise<void>;
}

/** Endpoints reach kube-proxy about this long after a Pod began to terminate. */
const ENDPOINT_DELAY_MILLISECONDS = 500;

export async function startAvailabilityStage(
  programs: KubernetesPrograms,
  { probing, perSecond }: StageOptions,
): Promise<AvailabilityStage> {
  await using resources = new AsyncDisposableStack();
  const kubernetes = resources.use(await startKubernetesServer(programs));
  const { kubectl } = kubernetes;
  const registry = resources.use(await startRegistry({ images: putFixtureImages }));
  const service = resources.use(await startServiceProxy(probing));
  await using overlay = await writeOverlay(['fail-closed']);
  await must(kubectl(['apply', '--server-side', '-k', overlay.folder]));
  await leadServiceTo(kubectl, service.port);
  const runtimeClass = {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'wasmtime' },
    handler: 'wasmtime',
  };
  const namespaces = [namespace(OPEN), namespace(CLOSED, { 'wasmgate.dev/fail-closed': 'true' })];
  await must(apply(kubectl, [runtimeClass, ...namespaces]));

  const replicas = new Map<string, WasmgateProgram>();
  resources.defer(async () => {
    await Promise.all([...replicas.values()].map(({ process }) => process.stop()));
  });
  const configuration = {
    registry: { plainHttp: [registry.host], allowAddresses: ['127.0.0.1/32'] },
  };
  const image = `${registry.host}/corpus/bk-wasi-wasm:latest`;

  const stage = {
    kubernetes,
    service,
    probing,
    registry,
    replicas,
    startReplica: async (name: string, times: ProgramTimes = {}) => {
      const replica = await startWasmgate(kubernetes, {
        name,
        certificates: 'cluster',
        configuration,
        times,
      });
      replicas.set(name, replica);
      await service.add(replica.port);
      return replica;
    },
    stopReplica: async (name: string) => {
      const replica = replicas.get(name);
      if (replica === undefined) throw new Error(`Cannot stop replica "${name}": it does not run`);
      replicas.delete(name);
      const stopped = replica.process.stop();
      setTimeout(() => service.retire(replica.port), ENDPOINT_DELAY_MILLISECONDS);
      await stopped;
    },
    startLoad: (where: 'closed' | 'open') =>
      startPodLoad(kubernetes, { namespace: where === 'closed' ? CLOSED : OPEN, image, perSecond }),
    untilJudged: async () => {
      const spec = { containers: [{ name: 'main', image }] };
      const stdin = JSON.stringify(pod('probe', OPEN, { spec }));
      const args = ['create', '--dry-run=server', '-o=jsonpath={.spec.runtimeClassName}', '-f', '-'];
      await waitFor(async () => (await kubectl(args, { stdin })).stdout !== '', {
        what: 'a judged Pod',
        seconds: 120,
      });
    },
  };
  await Promise.all(['replica-1', 'replica-2'].map((name) => stage.startReplica(name)));
  await stage.untilJudged();
  const owned = resources.move();
  return { ...stage, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
