import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kubeconfigText } from '../support/kubernetes/kubectl.ts';
import type { TestRegistry } from '../support/registry/registry.ts';
import type { Bench } from './bench-row.ts';
import { startClusterApi, type ClusterApi, type ClusterExtras } from './cluster-api.ts';
import type { ServerCommand } from './server-process.ts';
import { NAMESPACES } from './webhook-calls.ts';

export interface StageOptions extends ClusterExtras {
  readonly registry: TestRegistry;
  readonly namespaces?: readonly string[];
}

/** A cluster and a registry, and how to start wasmgate with them. */
export interface Stage extends AsyncDisposable {
  readonly api: ClusterApi;
  /** As a Pod: ServiceAccount files and two variables. */
  readonly inCluster: ServerCommand;
  /** The same, with inside-server.cjs. */
  readonly observed: ServerCommand;
  readonly withKubeconfig: ServerCommand;
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

export function bareFastify({ bundle }: Bench): ServerCommand {
  return { args: [fileOf('bare-fastify.ts'), bundle.folder] };
}

/** The registry stays its owner's. */
export async function setUpStage({ bundle }: Bench, options: StageOptions): Promise<Stage> {
  const { registry, namespaces = NAMESPACES, ...extras } = options;
  const { folder, certificate, program, nodeFlags, environment } = bundle;
  const api = await startClusterApi(certificate, namespaces, extras);
  const configuration = {
    apiVersion: 'wasmgate.dev/v1alpha1',
    kind: 'Configuration',
    registry: { plainHttp: [registry.host], allowAddresses: ['127.0.0.1'] },
  };
  const name = randomUUID();
  const config = join(folder, `configuration-${name}.yaml`);
  const kubeconfig = join(folder, `kubeconfig-${name}`);
  const certificateAuthority = join(folder, 'ca.crt');
  const server = `https://${api.host}`;
  await writeFile(config, JSON.stringify(configuration));
  await writeFile(kubeconfig, kubeconfigText({ server, certificateAuthority, token: 'bench' }));
  const serve = [program, 'serve', '--host', '127.0.0.1', '--port', '0', '--config', config];
  const loading = (...files: readonly string[]): ServerCommand => ({
    args: [...nodeFlags, ...files.flatMap((file) => ['--require', fileOf(file)]), ...serve],
    env: {
      ...environment,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(api.port),
      BENCH_SERVICE_ACCOUNT: folder,
    },
  });
  return {
    api,
    inCluster: loading('service-account.cjs'),
    observed: loading('service-account.cjs', 'inside-server.cjs'),
    withKubeconfig: { args: [...nodeFlags, ...serve, '--kubeconfig', kubeconfig], env: environment },
    [Symbol.asyncDispose]: api.close,
  };
}
