import type { IncomingMessage, ServerResponse } from 'node:http';
import { startServer } from '../server/http-server.ts';

/** How many objects a cluster has. */
export interface PagedClusterOptions {
  readonly pods: number;
  /** Pods of one Deployment, by way of its ReplicaSet. */
  readonly podsPerDeployment: number;
  /** The image of all containers, or that of each Deployment in turn. */
  readonly image: string | readonly string[];
  /** The class that the first Pod of each Deployment lacks; all others name it. */
  readonly runtimeClass?: string;
  /** Makes each page once and keeps it: a client may list faster than pages can be made. */
  readonly keepsPages?: boolean;
  /** Called before each list; true answers 410, with a token for the rest, as after the API server compacted its history. */
  readonly expires?: (path: string, offset: number) => boolean;
  /** Called for each request; resolves before the answer. */
  readonly delay?: (path: string, offset: number) => Promise<void>;
}

export interface PagedCluster extends AsyncDisposable {
  /** As JSON, which is YAML, too. */
  readonly kubeconfig: string;
  /** Paths with queries, in order. */
  readonly requests: readonly string[];
  /** Bytes of all responses. */
  readonly bytes: () => number;
}

function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'model',
    contexts: [{ name: 'model', context: { cluster: 'model', user: '' } }],
    clusters: [{ name: 'model', cluster: { server } }],
  });
}

type Make = (index: number) => object;

interface Collection {
  readonly kind: string;
  readonly apiVersion: string;
  readonly count: number;
  readonly make: Make;
}

const NAMESPACES = 20;

/** As large as the API server's own: half of a stored Pod are managed fields, conditions and volumes that nobody wrote. */
const MANAGED_FIELDS = Array.from({ length: 3 }, (_, index) => ({
  manager: `manager-${index}`,
  operation: 'Update',
  apiVersion: 'v1',
  time: '2026-11-29T10:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: Object.fromEntries(
    Array.from({ length: 40 }, (_entry, field) => [`f:field-${field}`, { '.': {}, 'f:value': {} }]),
  ),
}));

function metadata(kind: string, index: number, more: object = {}) {
  const namespace = `team-${index % NAMESPACES}`;
  const name = `${kind.toLowerCase()}-${index}`;
  return {
    name,
    namespace,
    uid: `${kind}-${index}`,
    resourceVersion: '1',
    labels: { app: `app-${index}` },
    managedFields: MANAGED_FIELDS,
    ...more,
  };
}

function controller(apiVersion: string, kind: string, index: number) {
  const name = `${kind.toLowerCase()}-${index}`;
  return { ownerReferences: [{ apiVersion, kind, name, uid: `${kind}-${index}`, controller: true }] };
}

function collectionsOf(options: PagedClusterOptions): Readonly<Record<string, Collection>> {
  const { pods, podsPerDeployment, image, runtimeClass } = options;
  const deployments = Math.ceil(pods / podsPerDeployment);
  const images = [image].flat();
  const specOf = (owner: number) => ({
    containers: [
      { name: 'main', image: images[owner % images.length], resources: { limits: { memory: '64Mi' } } },
    ],
  });
  const templateOf = (owner: number) => ({ metadata: { labels: { app: 'web' } }, spec: specOf(owner) });
  const none: Make = () => ({});
  const classes = runtimeClass === undefined ? 0 : 1;
  return {
    '/api/v1/namespaces': {
      kind: 'Namespace',
      apiVersion: 'v1',
      count: NAMESPACES,
      make: (index) => ({ metadata: { name: `team-${index}`, resourceVersion: '1' } }),
    },
    '/api/v1/nodes': { kind: 'Node', apiVersion: 'v1', count: 0, make: none },
    '/api/v1/limitranges': { kind: 'LimitRange', apiVersion: 'v1', count: 0, make: none },
    '/apis/node.k8s.io/v1/runtimeclasses': {
      kind: 'RuntimeClass',
      apiVersion: 'node.k8s.io/v1',
      count: classes,
      make: () => ({ metadata: { name: runtimeClass, resourceVersion: '1' }, handler: runtimeClass }),
    },
    '/apis/apps/v1/deployments': {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      count: deployments,
      make: (index) => ({
        metadata: metadata('Deployment', index),
        spec: { template: templateOf(index) },
      }),
    },
    '/apis/apps/v1/replicasets': {
      kind: 'ReplicaSet',
      apiVersion: 'apps/v1',
      count: deployments,
      make: (index) => ({
        metadata: metadata('ReplicaSet', index, controller('apps/v1', 'Deployment', index)),
        spec: { template: templateOf(index) },
      }),
    },
    '/api/v1/pods': {
      kind: 'Pod',
      apiVersion: 'v1',
      count: pods,
      make: (index) => {
        const owner = Math.floor(index / podsPerDeployment);
        const isLacking = runtimeClass === undefined || index % podsPerDeployment === 0;
        return {
          metadata: {
            ...metadata('Pod', index),
            namespace: `team-${owner % NAMESPACES}`,
            ...controller('apps/v1', 'ReplicaSet', owner),
          },
          spec: {
            ...specOf(owner),
            ...(isLacking ? {} : { runtimeClassName: runtimeClass }),
            nodeName: 'n1',
          },
          status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] },
        };
      },
    },
  };
}

const GROUPS = {
  kind: 'APIGroupList',
  groups: ['apps', 'node.k8s.io'].map((name) => {
    const version = { groupVersion: `${name}/v1`, version: 'v1' };
    return { name, versions: [version], preferredVersion: version };
  }),
};

function resources(collections: Readonly<Record<string, Collection>>, path: string): object {
  const found = Object.entries(collections).filter(([at]) => at.startsWith(`${path}/`));
  return {
    kind: 'APIResourceList',
    resources: found.map(([at, { kind }]) => ({ name: at.slice(path.length + 1), kind, namespaced: true })),
  };
}

const EXPIRED = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 };

/**
 * Starts a server that lists many Pods in pages, as the API server does: with `limit` and `continue`, and items without kind. It
 * makes each page when it is asked for.
 */
export async function startPagedCluster(options: PagedClusterOptions): Promise<PagedCluster> {
  const collections = collectionsOf(options);
  const requests: string[] = [];
  let bytes = 0;

  function page(path: string, query: URLSearchParams): readonly [status: number, body: object] {
    if (path === '/version') return [200, { gitVersion: 'v1.36.3' }];
    if (path === '/apis') return [200, GROUPS];
    if (path === '/api/v1' || path === '/apis/apps/v1') return [200, resources(collections, path)];
    const collection = collections[path];
    if (collection === undefined) return [404, { kind: 'Status', code: 404, message: `no ${path}` }];
    const [token = '', isLate = ''] = (query.get('continue') ?? '').split(' ');
    const offset = Number(token);
    if (isLate === '' && options.expires?.(path, offset) === true)
      return [410, { ...EXPIRED, metadata: { continue: `${offset} inconsistent` } }];
    const { count, make, kind, apiVersion } = collection;
    const end = Math.min(count, offset + Number(query.get('limit') ?? count));
    const items = Array.from({ length: end - offset }, (_, index) => make(offset + index));
    const next = end < count ? { continue: [String(end), isLate].join(' ').trim() } : {};
    return [200, { kind: `${kind}List`, apiVersion, metadata: { resourceVersion: '7', ...next }, items }];
  }

  const kept = new Map<string, { readonly status: number; readonly body: Buffer }>();

  function render({ pathname, searchParams }: URL) {
    const [status, body] = page(pathname, searchParams);
    return { status, body: Buffer.from(JSON.stringify(body)) };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    requests.push(url.pathname + url.search);
    await options.delay?.(url.pathname, Number.parseInt(url.searchParams.get('continue') ?? '0', 10));
    const { status, body } = kept.get(request.url ?? '') ?? render(url);
    if (options.keepsPages === true) kept.set(request.url ?? '', { status, body });
    bytes += body.length;
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }

  const server = await startServer((request, response) => void answer(request, response));
  return {
    kubeconfig: kubeconfigOf(`http://${server.host}`),
    requests,
    bytes: () => bytes,
    [Symbol.asyncDispose]: server.close,
  };
}
