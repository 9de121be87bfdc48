import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  generateServingCertificate,
  LOCAL_NAMES,
  serviceNames,
} from '../../src/certs/serving-certificate.ts';
import type { ProgramOptions } from '../attacks/program.ts';
import { startClusterApi } from '../bench/cluster-api.ts';
import { findPrograms } from '../e2e/testbed/find-programs.ts';
import { MANIFESTS } from '../support/e2e/install.ts';
import { apply, must } from '../support/kubernetes/kubectl.ts';
import { startKubernetesServer } from '../support/kubernetes/kubernetes-server.ts';
import { namespace } from '../support/kubernetes/objects.ts';
import { freePort } from '../support/lib/processes.ts';
import { NAMESPACES } from './fuzz-review.ts';

/** The cluster that the program serves. */
export interface SoakCluster extends AsyncDisposable {
  readonly description: string;
  /** How to start the program there. */
  readonly start: Pick<ProgramOptions, 'env' | 'flags' | 'require'>;
  readonly restart: () => Promise<void>;
}

/** A stand-in for an API server, restarted by closing it and all of its connections. */
export async function startStandIn(): Promise<SoakCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-soak-'));
  const names = [...serviceNames('wasmgate', 'wasmgate-system'), ...LOCAL_NAMES];
  const certificate = await generateServingCertificate(names);
  await writeFile(join(folder, 'ca.crt'), certificate.caCert);
  await writeFile(join(folder, 'token'), 'soak');
  // Outside the range of ephemeral ports: a client could take it while the server is down.
  const port = await freePort();
  let api = await startClusterApi(certificate, NAMESPACES, { port });
  return {
    description: 'a stand-in for the API server',
    start: {
      require: [fileURLToPath(new URL('../bench/service-account.cjs', import.meta.url))],
      env: {
        KUBERNETES_SERVICE_HOST: '127.0.0.1',
        KUBERNETES_SERVICE_PORT: String(port),
        BENCH_SERVICE_ACCOUNT: folder,
      },
    },
    restart: async () => {
      await api.close();
      api = await startClusterApi(certificate, NAMESPACES, { port });
    },
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Starts a real API server with the shipped classes; null if its programs are missing. */
export async function startReal(): Promise<SoakCluster | null> {
  const programs = await findPrograms(['etcd', 'kube-apiserver', 'kubectl']);
  if (programs.kind === 'missing') return null;
  const server = await startKubernetesServer(programs.paths);
  await must(
    apply(
      server.kubectl,
      NAMESPACES.map((name) => namespace(name)),
    ),
  );
  const classes = join(MANIFESTS, 'runtime-classes');
  const files = (await readdir(classes)).filter(
    (file) => file.endsWith('.yaml') && file !== 'kustomization.yaml',
  );
  for (const file of files) {
    const stdin = await readFile(join(classes, file), 'utf8');
    await must(server.kubectl(['apply', '-f', '-'], { stdin }));
  }
  return {
    description: 'a real API server',
    start: {
      env: {},
      flags: [
        '--kubeconfig',
        server.kubeconfig,
        '--development-certificates',
        join(server.folder, 'wasmgate-certificates'),
      ],
    },
    restart: server.restartApiServer,
    [Symbol.asyncDispose]: server.stop,
  };
}
