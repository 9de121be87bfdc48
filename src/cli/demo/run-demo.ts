import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDeadline } from '../../assess/assessment.ts';
import { createImageStoreRegistry } from '../../fake-registry/image-store-registry.ts';
import { createImageStore, type ImageStore } from '../../fake-registry/image-store.ts';
import { EXIT_CODES, type ExitCode } from '../command.ts';
import type { Io } from '../io.ts';
import { createPage } from '../page.ts';
import { createApiServer, type ApiServer } from './api-server.ts';
import { checkScene, type PlayedScene } from './check-scenes.ts';
import { DEMO_CLUSTER, type DemoCluster, type DemoWebhook } from './demo-cluster.ts';
import { pushDemoImages } from './demo-images.ts';
import { renderClosing, renderOpening } from './render-frame.ts';
import { renderScene, type DemoPage } from './render-scene.ts';
import { demoScenes, type Scene } from './scenes.ts';

export interface DemoDeps {
  /** Starts the webhook of `wasmgate serve` on this machine, with a cluster that never changes. */
  readonly startWebhook: (cluster: DemoCluster, io: Io) => Promise<DemoWebhook>;
}

/** Time to assess a Pod whose images are already cached. */
const ASSESS_MILLISECONDS = 5000;

interface DemoView extends DemoPage {
  readonly write: (text: string) => void;
}

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

/** Creates a Pod. Its responses do not say what the images are and why, so the use case is called for that. */
async function play(scene: Scene, { webhook, apiServer }: Actors): Promise<PlayedScene> {
  const { pod, namespace } = scene;
  const admission = await apiServer.create(pod, namespace);
  const deadline = createDeadline(ASSESS_MILLISECONDS);
  const request = { subject: 'pod', namespace, deadline } as const;
  const assessment = await webhook.assess({ ...request, pod: admission.stored, step: 'validate' });
  const mutation = await webhook.assess({ ...request, pod, step: 'mutate' });
  return {
    scene,
    admission,
    containers: assessment.kind === 'decided' ? assessment.containers : [],
    changes: mutation.kind === 'decided' ? mutation.outcome.changes : [],
  };
}

async function perform(store: ImageStore, webhook: DemoWebhook, view: DemoView) {
  const pushed = pushDemoImages(store);
  const registry = await startRegistry(store);
  const apiServer = createApiServer(webhook);
  const all: PlayedScene[] = [];
  try {
    const urls = { registryUrl: `http://${registry.host}`, webhookUrl: webhook.url };
    view.write(renderOpening(view, { ...urls, view: webhook.view, policy: DEMO_CLUSTER.policy }));
    const scenes = demoScenes(registry.host, pushed);
    for (const [index, scene] of scenes.entries()) {
      const played = await play(scene, { webhook, apiServer });
      view.write(renderScene(view, played, `${index + 1} of ${scenes.length}`));
      all.push(played);
    }
    view.write(renderClosing(view, all));
    return all;
  } finally {
    await apiServer.close();
    registry.server.close();
  }
}

/** Shows every scene and verifies its expected result. */
export async function runDemo(
  { startWebhook }: DemoDeps,
  io: Io,
  { isFull }: Pick<DemoPage, 'isFull'>,
): Promise<ExitCode> {
  const webhook = await startWebhook(DEMO_CLUSTER, io);
  try {
    const write = (text: string): void => void io.stdout.write(text);
    const played = await perform(createImageStore(), webhook, { ...createPage(io), isFull, write });
    return played.every((scene) => checkScene(scene).length === 0) ? EXIT_CODES.ok : EXIT_CODES.failed;
  } finally {
    await webhook.close();
  }
}
