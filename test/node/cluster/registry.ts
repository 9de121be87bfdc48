import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNodeServer, waitForNode } from './node-processes.ts';
import { NETWORK, PORTS, REGISTRY, REGISTRY_FOR_PODS, STATE_FOLDER } from './node-settings.ts';

const CONFIGURATION = join(STATE_FOLDER, 'registry.json');

/** Starts the registry for all images of the node; resolves when it answers. */
export async function startRegistry(program: string): Promise<void> {
  const configuration = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(STATE_FOLDER, 'registry') }, delete: { enabled: true } },
    http: { addr: REGISTRY, secret: 'not-a-secret' },
  };
  await writeFile(CONFIGURATION, JSON.stringify(configuration));
  startNodeServer('registry', [program, 'serve', CONFIGURATION], { OTEL_TRACES_EXPORTER: 'none' });
  const answers = async (): Promise<boolean> =>
    await fetch(`http://${REGISTRY}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitForNode(answers, { what: 'the registry', seconds: 60, servers: ['registry'] });
}

/** Starts the forwarder from Pods to the API server and the registry. The network must exist. */
export function startForwarder(): void {
  startNodeServer('forwarder', [
    process.execPath,
    join(import.meta.dirname, 'forwarder.ts'),
    `${NETWORK.apiServerService}:443=127.0.0.1:${PORTS.apiServer}`,
    `${REGISTRY_FOR_PODS}=${REGISTRY}`,
  ]);
}
