import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type ServerProcess, startServer, waitFor } from '../lib/processes.ts';
import { createKubectl, type Kubectl, kubeconfigText } from './kubectl.ts';

/** The programs of a control plane; `kube-controller-manager` only for tests that need controllers. */
export interface KubernetesPrograms {
  readonly etcd: string;
  readonly 'kube-apiserver': string;
  readonly 'kube-controller-manager'?: string;
  readonly kubectl: string;
}

export interface KubernetesServer extends AsyncDisposable {
  readonly url: string;
  /** An administrator's (system:masters). */
  readonly kubeconfig: string;
  readonly kubectl: Kubectl;
  /** Stops the API server and, after `meanwhile`, starts it again; resolves when it is ready. */
  readonly restartApiServer: (meanwhile?: () => Promise<void>) => Promise<void>;
  /** Writes the kubeconfig of another identity and returns its path. */
  readonly writeKubeconfig: (token: string) => Promise<string>;
  /** One JSON object per line for each request about Pods and workloads. */
  readonly auditLog: string;
  /** Scratch space that is deleted with the server. */
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

const DEFAULTS = {
  /** A start takes 4–7 s on two idle cores, and several times that beside other test files. */
  readySeconds: 150,
  /** Run controllers: they create the Pods of workloads and the ServiceAccounts of namespaces. None manages nodes. */
  controllers:
    'deployment,replicaset,job,cronjob,statefulset,daemonset,serviceaccount,serviceaccount-token,namespace,garbagecollector,resourcequota',
} as const;

const AUDIT_LOG = 'audit.log';
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    {
      level: 'Metadata',
      verbs: ['create', 'update', 'patch'],
      resources: [{ group: '', resources: ['pods'] }, { group: 'apps' }, { group: 'batch' }],
    },
  ],
} as const;

/**
 * Starts a real control plane on 127.0.0.1 for the duration of a test. Without controllers there are no ServiceAccounts, so the
 * plugin that requires one for every Pod is off.
 */
export async function startKubernetesServer(programs: KubernetesPrograms): Promise<KubernetesServer> {
  const folder = await mkdtemp(join(tmpdir(), 'wasmgate-kubernetes-'));
  const servers: ServerProcess[] = [];
  const stop = async (): Promise<void> => {
    for (const server of servers.toReversed()) await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const started = await start({ programs, folder, servers });
    const auditLog = join(folder, AUDIT_LOG);
    return { ...started, auditLog, folder, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Start {
  readonly programs: KubernetesPrograms;
  readonly folder: string;
  /** Grows with each start, so that stopping covers all that started. */
  readonly servers: ServerProcess[];
}

async function start({ programs, folder, servers }: Start) {
  const launch = (name: keyof KubernetesPrograms, args: readonly string[]): ServerProcess | undefined => {
    const command = programs[name];
    if (command === undefined) return undefined;
    const server = startServer(command, args, { name, logFile: join(folder, `${name}.log`) });
    servers.push(server);
    return server;
  };
  const etcdPort = await freePort();
  launch('etcd', etcdArguments(folder, etcdPort, await freePort()));

  const token = randomUUID();
  await writeFiles(folder, token);
  const apiPort = await freePort();
  const launchApiServer = () =>
    launch('kube-apiserver', apiServerArguments({ folder, etcdPort, apiPort }, programs));
  let apiServer = launchApiServer();

  const url = `https://127.0.0.1:${apiPort}`;
  const certificateAuthority = join(folder, 'certs', 'apiserver.crt');
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText({ server: url, certificateAuthority, token }));
  const kubectl = createKubectl(programs.kubectl, kubeconfig);
  const succeeds = (args: readonly string[]) => async () => (await kubectl(args)).code === 0;
  const seconds = DEFAULTS.readySeconds;
  const apiServerReady = async (needed: readonly ServerProcess[]): Promise<void> => {
    const ready = succeeds(['get', '--raw', '/readyz']);
    await waitFor(ready, { what: 'the API server', seconds, servers: needed });
  };
  await apiServerReady(servers);
  if (programs['kube-controller-manager'] !== undefined) {
    launch('kube-controller-manager', controllerArguments(folder, kubeconfig));
    const account = ['get', 'serviceaccount', 'default'];
    await waitFor(succeeds(account), { what: 'the default ServiceAccount', seconds, servers });
  }
  const writeKubeconfig = async (otherToken: string): Promise<string> => {
    const path = join(folder, `kubeconfig-${randomUUID()}`);
    await writeFile(path, kubeconfigText({ server: url, certificateAuthority, token: otherToken }));
    return path;
  };
  const restartApiServer = async (meanwhile?: () => Promise<void>): Promise<void> => {
    await apiServer?.stop();
    await meanwhile?.();
    apiServer = launchApiServer();
    await apiServerReady(apiServer === undefined ? [] : [apiServer]);
  };
  return { url, kubeconfig, kubectl, restartApiServer, writeKubeconfig };
}

function etcdArguments(folder: string, clientPort: number, peerPort: number): readonly string[] {
  const client = `http://127.0.0.1:${clientPort}`;
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync',
    '--log-level=error',
  ];
}

/** Writes the API server's files: keys of the ServiceAccount issuer, the administrator's token, the audit policy. */
async function writeFiles(folder: string, token: string): Promise<void> {
  await mkdir(join(folder, 'certs'));
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await writeFile(join(folder, 'sa.key'), keys.privateKey, { mode: 0o600 });
  await writeFile(join(folder, 'sa.pub'), keys.publicKey);
  await writeFile(join(folder, 'audit-policy.yaml'), JSON.stringify(AUDIT_POLICY));
  await writeFile(join(folder, 'tokens.csv'), `${token},admin,admin-uid,"system:masters"\n`, { mode: 0o600 });
}

function apiServerArguments(
  { folder, etcdPort, apiPort }: { folder: string; etcdPort: number; apiPort: number },
  programs: KubernetesPrograms,
): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${apiPort}`,
    // Otherwise a port in TIME_WAIT counts as in use.
    '--permit-address-sharing=true',
    `--cert-dir=${join(folder, 'certs')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    `--audit-policy-file=${join(folder, 'audit-policy.yaml')}`,
    `--audit-log-path=${join(folder, AUDIT_LOG)}`,
    '--service-cluster-ip-range=10.96.0.0/24',
    // Off by default before Kubernetes 1.33, where the API server then drops hostUsers; on for good since 1.36.
    '--feature-gates=UserNamespacesSupport=true',
    ...(programs['kube-controller-manager'] === undefined
      ? ['--disable-admission-plugins=ServiceAccount']
      : []),
  ];
}

function controllerArguments(folder: string, kubeconfig: string): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${join(folder, 'sa.key')}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--controllers=${DEFAULTS.controllers}`,
  ];
}
