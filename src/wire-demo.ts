import { readdir, readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { AssessPod } from './assess/assessment.ts';
import { generateServingCertificate, LOCAL_NAMES } from './certs/serving-certificate.ts';
import type { DemoCluster } from './cli/demo/demo-cluster.ts';
import type { DemoDeps } from './cli/demo/run-demo.ts';
import { AppError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { createFixedCluster, type FixedCluster } from './kubernetes/fixed-cluster.ts';
import { createRegistryClient } from './registry/client.ts';
import { createApp } from './server/app.ts';
import { tlsOptions } from './server/certificate.ts';
import { createHealth } from './server/health.ts';
import { listen } from './server/listen.ts';
import { createLogger } from './telemetry/log.ts';
import type { WebhookParts } from './wire.ts';

/** The same place from `src/wire-demo.ts` and from the bundle, `dist/main.js`. */
const RUNTIME_CLASSES = new URL('../manifests/runtime-classes/', import.meta.url);

async function readRuntimeClasses(): Promise<readonly JsonObject[]> {
  try {
    const files = (await readdir(RUNTIME_CLASSES)).filter((file) => file.endsWith('.yaml'));
    const texts = await Promise.all(files.map((file) => readFile(new URL(file, RUNTIME_CLASSES), 'utf8')));
    return texts.map((text) => parse(text) as JsonObject);
  } catch (cause) {
    throw new AppError(
      'no-manifests',
      'Cannot read "manifests/runtime-classes": the demo takes its classes from there',
      {
        cause,
        advice: 'Run it in a checkout: npm run demo',
      },
    );
  }
}

async function createDemoCluster({ nodes, namespaces }: DemoCluster): Promise<FixedCluster> {
  return createFixedCluster([...(await readRuntimeClasses()), ...nodes, ...namespaces], 'default');
}

type Assemble = (parts: Omit<WebhookParts, 'namespace'>, policy: string) => AssessPod;

/** @param assemble the use case as `serve` joins it, with these keys of the configuration's `policy` */
export function wireDemo(assemble: Assemble): DemoDeps {
  return {
    startWebhook: async (demo, io) => {
      const ports = await createDemoCluster(demo);
      const logger = createLogger({ level: 'error', destination: io.stderr });
      const registry = createRegistryClient({}, { plainHttp: [], allowAddresses: [], allowLoopback: true });
      const assess = assemble({ ...ports, registry, logger }, demo.policy);
      const health = createHealth(() => []);
      const certificate = await generateServingCertificate(LOCAL_NAMES);
      const app = createApp({ assess, health, logger }, { https: tlsOptions(certificate) });
      const { host, port, close } = await listen(app, health, {
        host: '127.0.0.1',
        port: 0,
        drainMilliseconds: 0,
      });
      return {
        url: `https://${host}:${port}`,
        caCert: certificate.caCert,
        view: ports.cluster.view(),
        assess,
        close: async () => {
          await close();
          await registry.close();
        },
      };
    },
  };
}
