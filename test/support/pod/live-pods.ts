/** The parts of a live Pod that a test sets. */
export interface LivePodParts {
  readonly namespace?: string;
  /** `apiVersion kind name` of the controller. */
  readonly owner?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly container?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly deletionTimestamp?: string;
}

/** The kubelet restarts the container again and again. */
export const FAILING = {
  phase: 'Running',
  containerStatuses: [
    { name: 'app', ready: false, restartCount: 5, state: { waiting: { reason: 'CrashLoopBackOff' } } },
  ],
};

/** The container has run without a restart. */
export const READY = {
  phase: 'Running',
  containerStatuses: [
    {
      name: 'app',
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    },
  ],
};

/** What the scheduler, the admission plugins and the kubelet add to a Pod. */
const ADDED = {
  nodeName: 'node-1',
  schedulerName: 'default-scheduler',
  serviceAccountName: 'default',
  tolerations: [
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
    {
      key: 'node.kubernetes.io/unreachable',
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    },
  ],
  volumes: [
    { name: 'kube-api-access-x7k2p', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
  ],
};

function ownerReferences(owner: string): readonly object[] {
  const [apiVersion = '', kind = '', name = ''] = owner.split(' ');
  return [{ apiVersion, kind, name, uid: `uid-of-${name}`, controller: true, blockOwnerDeletion: true }];
}

/** Returns a Pod as `kubectl get -o json` prints it. */
export function livePod(name: string, image: string, parts: LivePodParts = {}): object {
  const { namespace = 'shop', owner, labels, annotations, spec, container, status = FAILING } = parts;
  const { deletionTimestamp } = parts;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-of-${name}`,
      labels,
      annotations,
      deletionTimestamp,
      ...(owner === undefined ? {} : { ownerReferences: ownerReferences(owner) }),
    },
    spec: {
      ...ADDED,
      ...spec,
      containers: [
        {
          name: 'app',
          image,
          volumeMounts: [
            { name: 'kube-api-access-x7k2p', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
          ],
          ...container,
        },
      ],
    },
    status,
  };
}

/** Returns a workload as `kubectl get -o json` prints it. */
export function liveWorkload(owned: string, image: string, owner?: string): object {
  const [apiVersion = '', kind = '', name = ''] = owned.split(' ');
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-of-${name}`,
      ...(owner === undefined ? {} : { ownerReferences: ownerReferences(owner) }),
    },
    spec: { template: { spec: { containers: [{ name: 'app', image }] } } },
    status: { replicas: 1 },
  };
}
