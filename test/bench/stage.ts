import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  generateServingCertificate,
  LOCAL_NAMES,
  serviceNames,
} from '../../src/certs/serving-certificate.ts';
import { buildProgram, readNodeFlags } from '../support/cli/built-program.ts';
import { kubeconfigText } from '../support/kubernetes/kubectl.ts';
import { startBenchRegistry, type BenchImage } from './bench-images.ts';
import { startClusterApi } from './cluster-api.ts';
import { NAMESPACES } from './questions.ts';
import type { ServerCommand } from './server-process.ts';

/** The environment of the servers, and how to start each of them in it. */
export interface Stage extends AsyncDisposable {
  /** PEM. */
  readonly ca: string;
  readonly images: readonly BenchImage[];
  /** Requests that the registry has seen. */
  readonly registryRequests: () => number;
  readonly bareFastify: ServerCommand;
  /** As a Pod: ServiceAccount files and two variables. */
  readonly inCluster: ServerCommand;
  readonly withKubeconfig: ServerCommand;
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

export async function setUpStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-bench-'));
  const program = await buildProgram(join(folder, 'app'));
  const certificate = await generateServingCertificate([
    ...serviceNames('wasmgate', 'wasmgate-system'),
    ...LOCAL_NAMES,
  ]);
  const { registry, images } = await startBenchRegistry();
  const api = await startClusterApi(certificate, NAMESPACES);
  const config = JSON.stringify({
    apiVersion: 'wasmgate.dev/v1alpha1',
    kind: 'Configuration',
    registry: { plainHttp: [registry.host], allowAddresses: ['127.0.0.1'] },
  });
  const certificateAuthority = join(folder, 'ca.crt');
  const kubeconfig = { server: `https://${api.host}`, certificateAuthority, token: 'bench' };
  const files = {
    'serving.pem': certificate.cert,
    'serving-key.pem': certificate.key,
    'ca.crt': certificate.caCert,
    token: 'bench',
    'configuration.yaml': config,
    kubeconfig: kubeconfigText(kubeconfig),
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  const serve = [
    ...(await readNodeFlags()),
    program,
    'serve',
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    '--config',
    join(folder, 'configuration.yaml'),
  ];
  return {
    ca: certificate.caCert,
    images,
    registryRequests: () => registry.log.length,
    bareFastify: { args: [fileOf('bare-fastify.ts'), folder] },
    inCluster: {
      args: ['--require', fileOf('service-account.cjs'), ...serve],
      env: {
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: String(api.port),
        BENCH_SERVICE_ACCOUNT: folder,
      },
    },
    withKubeconfig: { args: [...serve, '--kubeconfig', join(folder, 'kubeconfig')] },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([registry.close(), api.close(), rm(folder, { recursive: true })]);
    },
  };
}
