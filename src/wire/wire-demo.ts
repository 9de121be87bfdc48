import { readdir, readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { AssessPod } from '../assess/assessment.ts';
import { generateServingCertificate, LOCAL_NAMES } from '../certs/serving-certificate.ts';
import type { DemoCluster } from '../cli/demo/demo-cluster.ts';
import type { DemoDeps } from '../cli/demo/run-demo.ts';
import { CONFIGURATION_KIND, CONFIGURATION_VERSION } from '../config/examine-file.ts';
import { createFixedCluster, type FixedCluster } from '../kubernetes/fixed-cluster.ts';
import { AppError } from '../lib/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import { createRegistryClient } from '../registry/client.ts';
import { createApp, serverTlsOptions } from '../server/app.ts';
import { createHealth } from '../server/health.ts';
import { listen } from '../server/listen.ts';
import { createLogger } from '../telemetry/log.ts';
import { assembleAssess, type AssessParts } from './assemble-assess.ts';
import { configurations } from './settings.ts';

async function readRuntimeClasses(manifests: URL): Promise<readonly JsonObject[]> {
  const folder = new URL('runtime-classes/', manifests);
  try {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));
    const texts = await Promise.all(files.map((file) => readFile(new URL(file, folder), 'utf8')));
    return texts.map((text) => parse(text) as JsonObject);
  } catch (cause) {
    throw new AppError(
      'no-manifests',
      'Cannot read "manifests/runtime-classes", the RuntimeClasses of the demo',
      {
        cause,
        advice: 'Run the demo in a checkout: npm run demo',
      },
    );
  }
}

async function createDemoCluster({ nodes, namespaces }: DemoCluster, manifests: URL): Promise<FixedCluster> {
  return createFixedCluster([...(await readRuntimeClasses(manifests)), ...nodes, ...namespaces], 'default');
}

/** @param policy keys of the configuration's `policy`, in YAML flow style */
function assembleUnder(parts: AssessParts, policy: string): AssessPod {
  const text = `{apiVersion: ${CONFIGURATION_VERSION}, kind: ${CONFIGURATION_KIND}, policy: ${policy}}`;
  return assembleAssess(parts, configurations.parse(text, 'demo'));
}

export interface DemoParts {
  readonly manifests: URL;
  /** Assembles the use case under a policy; tests replace it. */
  readonly assemble?: typeof assembleUnder;
}

export function wireDemo({ manifests, assemble = assembleUnder }: DemoParts): DemoDeps {
  return {
    startWebhook: async (demo, io) => {
      const ports = await createDemoCluster(demo, manifests);
      const logger = createLogger({ level: 'error', destination: io.stderr });
      const registry = createRegistryClient({}, { plainHttp: [], allowAddresses: [], allowLoopback: true });
      const assess = assemble({ ...ports, registry, logger }, demo.policy);
      const health = createHealth({});
      const certificate = await generateServingCertificate(LOCAL_NAMES);
      const app = createApp({ assess, health, logger }, { https: serverTlsOptions(certificate) });
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
