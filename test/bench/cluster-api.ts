import { readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { parse } from 'yaml';
import type { ServingCertificate } from '../../src/certs/serving-certificate.ts';
import { startServer, type TestServer } from '../support/server/http-server.ts';

const CLASSES = new URL('../../manifests/runtime-classes/', import.meta.url);

/** One of the reviews' Pods is bound to the first of them. */
const NODES = ['n1', 'n2', 'n3'];

/** The classes that wasmgate ships. */
function runtimeClasses(): readonly object[] {
  return readdirSync(CLASSES)
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .map((file) => parse(readFileSync(new URL(file, CLASSES), 'utf8')) as object);
}

function node(name: string): object {
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
    status: {
      capacity: { cpu: '8' },
      nodeInfo: { architecture: 'amd64', containerRuntimeVersion: 'containerd://2.2.1' },
      runtimeHandlers: ['', 'runc', 'spin', 'wasmtime'].map((handler) => ({ name: handler })),
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Single objects: a certificate that an earlier replica issued, and configurations that trust it. */
function objects(certificate: ServingCertificate): ReadonlyMap<string, object> {
  const data = {
    'tls.crt': base64(certificate.cert),
    'tls.key': base64(certificate.key),
    'ca.crt': base64(certificate.caCert),
    'ca.key': base64(certificate.caKey),
  };
  const clientConfig = { caBundle: data['ca.crt'] };
  const configuration = { webhooks: [{ name: 'mutate.wasmgate.dev', clientConfig }] };
  const configurations = '/apis/admissionregistration.k8s.io/v1';
  return new Map<string, object>([
    ['/api/v1/namespaces/wasmgate-system/secrets/wasmgate-certificates', { data }],
    ['/api/v1/namespaces/wasmgate-system/secrets/wasmgate-images', { metadata: { resourceVersion: '1' } }],
    [`${configurations}/mutatingwebhookconfigurations/wasmgate`, configuration],
    [`${configurations}/validatingwebhookconfigurations/wasmgate`, configuration],
  ]);
}

/** Contents of the cluster beside the usual few nodes and the shipped classes. */
export interface ClusterExtras {
  readonly nodes?: number;
  readonly runtimeClasses?: readonly object[];
  /** Leaves the shipped classes out. */
  readonly withoutShippedClasses?: boolean;
  /** The port of a server that this one replaces. */
  readonly port?: number;
  /** Single objects by path, such as a pull secret. */
  readonly find?: (path: string) => object | undefined;
}

export interface ClusterApi extends TestServer {
  /** Sends an event to all watches of these objects. */
  readonly announce: (path: string, event: { readonly type: string; readonly object: object }) => void;
}

/**
 * The part of an API server that `wasmgate serve` uses: a real kube-apiserver would take half of the machine from the measured
 * program. It answers lists at once. Watches stay open, and deliver only what is announced.
 */
export async function startClusterApi(
  certificate: ServingCertificate,
  namespaces: readonly string[],
  extras: ClusterExtras = {},
): Promise<ClusterApi> {
  const { nodes = 0, find, port } = extras;
  const shipped = extras.withoutShippedClasses === true ? [] : runtimeClasses();
  const names = [...NODES, ...Array.from({ length: nodes }, (_, index) => `node-${index}`)];
  const lists = new Map<string, readonly object[]>([
    ['/apis/node.k8s.io/v1/runtimeclasses', [...shipped, ...(extras.runtimeClasses ?? [])]],
    ['/api/v1/nodes', names.map(node)],
    ['/api/v1/limitranges', []],
    ['/api/v1/pods', []],
    ['/api/v1/namespaces', namespaces.map((name) => ({ metadata: { name } }))],
  ]);
  const single = objects(certificate);
  const watches = new Map<string, Set<ServerResponse>>();
  const watch = (path: string, response: ServerResponse): void => {
    const open = watches.get(path) ?? new Set();
    watches.set(path, open.add(response));
    response.once('close', () => open.delete(response)).flushHeaders();
  };
  const server = await startServer(
    (request, response) => {
      // Accepts Events and the like, and drops them.
      if (request.method === 'POST') return void response.writeHead(201).end('{}');
      const { pathname, searchParams } = new URL(request.url ?? '/', 'https://cluster');
      const items = lists.get(pathname);
      const body =
        items === undefined
          ? (single.get(pathname) ?? find?.(pathname))
          : { metadata: { resourceVersion: '1' }, items };
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
      if (searchParams.has('watch')) watch(pathname, response);
      else response.end(JSON.stringify(body ?? { kind: 'Status', code: 404, reason: 'NotFound' }));
    },
    certificate,
    port,
  );
  const announce: ClusterApi['announce'] = (path, event) => {
    for (const response of watches.get(path) ?? []) response.write(`${JSON.stringify(event)}\n`);
  };
  return { ...server, announce };
}
