import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { must } from '../kubernetes/kubectl.ts';
import type { KubernetesServer } from '../kubernetes/kubernetes-server.ts';
import { freePort, type ServerProcess, startServer, waitFor } from '../lib/processes.ts';
import { MANIFESTS } from './install.ts';
import { probe } from './probe.ts';
import type { ProgramTimes } from './wasmgate-with-times.ts';

const MAIN = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');
const MAIN_WITH_TIMES = join(import.meta.dirname, 'wasmgate-with-times.ts');

export interface ProgramOptions {
  /** Distinguishes several of them. */
  readonly name: string;
  /** Sections that override the shipped configuration file. */
  readonly configuration: object;
  /** Development certificates, those in the cluster, or those of a mounted folder. */
  readonly certificates: 'development' | 'cluster' | { readonly mounted: string };
  /** A free one by default. */
  readonly port?: number;
  /** Lifetimes and clock; those of the program by default. */
  readonly times?: ProgramTimes;
  /** That of the install: wasmgate-system by default. */
  readonly namespace?: string;
}

export interface WasmgateProgram extends AsyncDisposable {
  /** The configuration file. */
  readonly file: string;
  readonly port: number;
  readonly metricsPort: number;
  readonly process: ServerProcess;
  /** `caBundle` of the development certificates; empty otherwise. */
  readonly caBundle: string;
}

/** Starts `wasmgate serve` under the ServiceAccount of the manifests and its RBAC, and waits until it is ready. */
export async function startWasmgate(
  kubernetes: KubernetesServer,
  { name, configuration, certificates, ...options }: ProgramOptions,
): Promise<WasmgateProgram> {
  const { namespace = 'wasmgate-system' } = options;
  const account = ['wasmgate', `--namespace=${namespace}`];
  const token = await must(kubernetes.kubectl(['create', 'token', ...account]));
  const kubeconfig = await kubernetes.writeKubeconfig(token.trim());
  const file = join(kubernetes.folder, `${name}.yaml`);
  const shipped = parse(await readFile(join(MANIFESTS, 'base', 'configuration.yaml'), 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...shipped, ...configuration }));
  const port = options.port ?? (await freePort());
  const certDir = join(kubernetes.folder, `${name}-certificates`);
  const metricsPort = await freePort();
  const flags = ['--config', file, '--kubeconfig', kubeconfig, '--host', '127.0.0.1', '--port', String(port)];
  flags.push('--metrics-port', String(metricsPort));
  if (certificates === 'development') flags.push('--development-certificates', certDir);
  if (typeof certificates === 'object') flags.push('--cert-dir', certificates.mounted);
  const { times } = options;
  const program = times === undefined ? [MAIN] : [MAIN_WITH_TIMES, JSON.stringify(times)];
  const process = startServer(globalThis.process.execPath, [...program, 'serve', ...flags], {
    name,
    logFile: join(kubernetes.folder, `${name}.log`),
    // Without the proxies and logins of the user who runs the tests.
    env: { PATH: globalThis.process.env['PATH'], POD_NAMESPACE: namespace },
  });
  await waitFor(async () => (await probe(port, '/readyz')) === 200, {
    what: `${name} to be ready`,
    seconds: 120,
    servers: [process],
  });
  const ca = certificates === 'development' ? await readFile(join(certDir, 'ca.pem'), 'base64') : '';
  return {
    file,
    port,
    metricsPort,
    process,
    caBundle: ca,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
