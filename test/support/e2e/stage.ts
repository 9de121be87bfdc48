import { join } from 'node:path';
import type { Program } from '../../e2e/testbed/programs.ts';
import { apply, type Kubectl, must } from '../kubernetes/kubectl.ts';
import { startKubernetesServer } from '../kubernetes/kubernetes-server.ts';
import { createNamespace, pod } from '../kubernetes/objects.ts';
import { freePort, waitFor } from '../lib/processes.ts';
import { type Distribution, startDistribution } from '../registry/distribution.ts';
import { installBase, MANIFESTS, renderManifests } from './install.ts';
import { startWasmgate } from './wasmgate-program.ts';

/** What the test files of a stage get, as plain data, because they run in other processes. */
export interface StageFacts {
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly wasmgateLog: string;
  readonly metricsPort: number;
  /** References in the open registry. */
  readonly images: Readonly<Record<keyof typeof OPEN_IMAGES, string>>;
  /** The same module behind accounts, and the Docker config for it. */
  readonly behindToken: PrivateImage;
  readonly behindBasic: PrivateImage;
  /** `127.0.0.1:PORT` that wasmgate may contact and that is free: for one test's own registry. */
  readonly spareHost: string;
}

export interface PrivateImage {
  readonly image: string;
  readonly dockerConfig: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly stage: StageFacts | null;
    /** Why there is no stage; empty if there is one. */
    readonly stageMissing: string;
  }
}

export interface Stage extends AsyncDisposable {
  readonly facts: StageFacts;
}

const OPEN_IMAGES = {
  module: 'bk-wasi-wasm',
  spin: 'spin-v2-app',
  linux: 'linux-plain',
  wasiOnlyIndex: 'bk-wasi-wasm-provenance',
} as const;

/** The operator's own toleration, beside those of the class. */
export const CONFIGURED_TOLERATION = { key: 'edge', operator: 'Exists', effect: 'NoSchedule' } as const;
/** Merged into the shipped class, which has no overhead. */
export const CRUN_OVERHEAD = { podFixed: { cpu: '10m', memory: '12Mi' } } as const;

/** Starts a cluster with wasmgate, three registries and a node that runs Wasm: one stage for all cases. */
export async function startStage(programs: Readonly<Record<Program, string>>): Promise<Stage> {
  await using resources = new AsyncDisposableStack();
  const kubernetes = resources.use(await startKubernetesServer(programs));
  const open = resources.use(await startDistribution(programs, 'none'));
  const token = resources.use(await startDistribution(programs, 'token'));
  const basic = resources.use(await startDistribution(programs, 'basic'));
  const spareHost = `127.0.0.1:${await freePort()}`;
  const { kubectl } = kubernetes;
  await must(kubectl(['apply', '--server-side', '-k', join(MANIFESTS, 'base')]));
  await prepareCluster(kubectl);

  const wasmgate = resources.use(
    await startWasmgate(kubernetes, {
      name: 'wasmgate',
      certificates: 'development',
      configuration: {
        policy: { preferRuntimeClasses: ['crun-wasm'], tolerations: [CONFIGURED_TOLERATION] },
        registry: {
          plainHttp: [...open.hosts, ...token.hosts, ...basic.hosts, spareHost],
          allowAddresses: ['127.0.0.1/32', '::1/128'],
        },
      },
    }),
  );
  await installBase(kubectl, { url: `https://127.0.0.1:${wasmgate.port}`, caBundle: wasmgate.caBundle });
  const images = await pushOpenImages(open);
  await waitUntilAsked(kubectl, images.module);
  const facts: StageFacts = {
    kubectl: programs.kubectl,
    kubeconfig: kubernetes.kubeconfig,
    auditLog: kubernetes.auditLog,
    wasmgateLog: wasmgate.process.logFile,
    metricsPort: wasmgate.metricsPort,
    images,
    behindToken: await pushPrivateImage(token),
    behindBasic: await pushPrivateImage(basic),
    spareHost,
  };
  const owned = resources.move();
  return { facts, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Applies the shipped classes, one of them with an overhead, and a node with their handlers. */
export async function prepareCluster(kubectl: Kubectl): Promise<void> {
  const classes = await renderManifests(kubectl, 'runtime-classes');
  const weighted = classes.map((runtimeClass) =>
    runtimeClass.metadata.name === 'crun-wasm' ? { ...runtimeClass, overhead: CRUN_OVERHEAD } : runtimeClass,
  );
  const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'wasm-runtime': 'enabled' };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'wasm-node', labels } };
  await must(apply(kubectl, [...weighted, node]));
  const status = {
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    nodeInfo: {
      architecture: 'amd64',
      operatingSystem: 'linux',
      containerRuntimeVersion: 'containerd://2.2.9',
    },
    runtimeHandlers: ['runc', 'crun', 'wasmtime', 'spin'].map((name) => ({ name })),
  };
  const patch = JSON.stringify({ status });
  await must(kubectl(['patch', 'node', 'wasm-node', '--subresource=status', '--type=merge', `-p=${patch}`]));
}

async function pushOpenImages(registry: Distribution): Promise<StageFacts['images']> {
  const pushed = Object.entries(OPEN_IMAGES).map(async ([name, image]) => [
    name,
    await registry.push(image, `demo/${name.toLowerCase()}:1`),
  ]);
  return Object.fromEntries(await Promise.all(pushed)) as StageFacts['images'];
}

async function pushPrivateImage(registry: Distribution): Promise<PrivateImage> {
  return { image: await registry.push('bk-wasi-wasm', 'team/module:1'), dockerConfig: registry.dockerConfig };
}

/** The API server needs about a second to see a webhook configuration. */
async function waitUntilAsked(kubectl: Kubectl, image: string): Promise<void> {
  const namespace = await createNamespace(kubectl, 'probe');
  const probe = JSON.stringify(pod('probe', namespace, { spec: { containers: [{ name: 'main', image }] } }));
  const args = ['create', '--dry-run=server', '-o=jsonpath={.spec.runtimeClassName}', '-f', '-'];
  await waitFor(async () => (await must(kubectl(args, { stdin: probe }))) !== '', {
    what: 'the webhook configurations to take effect',
    seconds: 120,
  });
}
