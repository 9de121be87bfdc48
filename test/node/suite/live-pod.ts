export interface Terminated {
  readonly reason?: string;
  readonly exitCode: number;
  readonly message?: string;
}

interface State {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: object;
  readonly terminated?: Terminated;
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: State;
  readonly lastState?: State;
}

export interface Limits {
  readonly cpu?: string;
  readonly memory?: string;
}

interface Container {
  readonly name: string;
  readonly resources?: { readonly limits?: Limits };
}

/** The part of a Pod that these tests read. */
export interface LivePod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly runtimeClassName?: string;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly Container[];
  };
  readonly status: {
    readonly phase: string;
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  };
}

/** Returns init and main containers. */
export function containersOf({ spec }: LivePod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** Returns what the kubelet reports of all containers, debug containers included. */
export function statusesOf({ status }: LivePod): readonly ContainerStatus[] {
  return [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
}

/** Reports whether the Pod's phase will not change any more. */
export function isFinal({ status: { phase } }: LivePod): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
