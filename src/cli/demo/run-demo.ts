import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDeadline } from '../../assess/deadline.ts';
import { createImageStoreRegistry } from '../../fake-registry/image-store-registry.ts';
import { createImageStore, type ImageStore } from '../../fake-registry/image-store.ts';
import { EXIT_CODES, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { createPage } from '../page.ts';
import { createApiServer, type ApiServer } from './api-server.ts';
import { checkScene, type Played } from './check-scenes.ts';
import { DEMO_CLUSTER, type DemoCluster, type DemoWebhook } from './demo-cluster.ts';
import { pushDemoImages } from './demo-images.ts';
import { renderClosing, renderOpening } from './render-frame.ts';
import { renderScene } from './render-scene.ts';
import { demoScenes, type Scene } from './scenes.ts';

export interface DemoDeps {
  /** The webhook of `wasmgate serve`, on this machine and before a cluster that never changes. */
  readonly startWebhook: (cluster: DemoCluster, io: Io) => Promise<DemoWebhook>;
}

const DEFAULTS = {
  /** For the second look at a Pod, whose images are known by then. */
  lookMilliseconds: 5000,
} as const;

interface Actors {
  readonly webhook: DemoWebhook;
  readonly apiServer: ApiServer;
}

async function startRegistry(store: ImageStore): Promise<{ readonly server: Server; readonly host: string }> {
  const server = createServer(createImageStoreRegistry(store)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return { server, host: `${address}:${port}` };
}

/** The webhook's answers say what is done; what the images are, and why, the use case behind it tells. */
async function play(scene: Scene, { webhook, apiServer }: Actors): Promise<Played> {
  const { pod, namespace } = scene;
  const admission = await apiServer.create(pod, namespace);
  const deadline = createDeadline(DEFAULTS.lookMilliseconds);
  const assessment = await webhook.assess({
    subject: 'pod',
    pod: admission.stored,
    namespace,
    step: 'validate',
    deadline,
  });
  return { scene, admission, containers: assessment.kind === 'decided' ? assessment.containers : [] };
}

async function playAll(scenes: readonly Scene[], actors: Actors, { stdout }: Io): Promise<readonly Played[]> {
  const page = createPage(stdout);
  const all: Played[] = [];
  for (const [index, scene] of scenes.entries()) {
    const played = await play(scene, actors);
    stdout.write(renderScene(page, played, `${index + 1} of ${scenes.length}`));
    all.push(played);
  }
  stdout.write(renderClosing(page, all));
  return all;
}

async function perform(store: ImageStore, webhook: DemoWebhook, io: Io): Promise<readonly Played[]> {
  const pushed = pushDemoImages(store);
  const registry = await startRegistry(store);
  const apiServer = createApiServer(webhook);
  const page = createPage(io.stdout);
  try {
    const urls = { registryUrl: `http://${registry.host}`, webhookUrl: webhook.url };
    io.stdout.write(renderOpening(page, { ...urls, view: webhook.view, policy: DEMO_CLUSTER.policy }));
    return await playAll(demoScenes(registry.host, pushed), { webhook, apiServer }, io);
  } finally {
    await apiServer.close();
    registry.server.close();
  }
}

/** Shows every scene and holds it to what it promises. */
export async function runDemo({ startWebhook }: DemoDeps, io: Io): Promise<ExitCode> {
  const webhook = await startWebhook(DEMO_CLUSTER, io);
  try {
    const played = await perform(createImageStore(), webhook, io);
    return played.every((one) => checkScene(one).length === 0) ? EXIT_CODES.ok : EXIT_CODES.failed;
  } finally {
    await webhook.close();
  }
}
