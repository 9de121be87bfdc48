import type { NodeApi } from './node-api.ts';

interface Terminated {
  readonly reason?: string;
  readonly exitCode: number;
  readonly message?: string;
}

interface State {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: object;
  readonly terminated?: Terminated;
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly state: State;
  readonly lastState?: State;
}

interface SeenPod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly runtimeClassName?: string;
    readonly nodeName?: string;
    readonly containers: readonly {
      readonly name: string;
      readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
    }[];
  };
  readonly status: {
    readonly phase: string;
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly ephemeralContainerStatuses?: readonly ContainerStatus[];
  };
}

interface SeenEvent {
  readonly reason: string;
  readonly message: string;
}

function describeTerminated({ reason = '?', exitCode, message }: Terminated): string {
  return `${reason}, exit code ${exitCode}${message === undefined ? '' : `: ${message}`}`;
}

function describeState({ name, ready, state, lastState }: ContainerStatus): readonly string[] {
  const { waiting, terminated } = state;
  const before = lastState?.terminated;
  const now =
    waiting === undefined
      ? terminated === undefined
        ? `running${ready ? '' : ', not ready'}`
        : describeTerminated(terminated)
      : `waiting, ${waiting.reason ?? '?'}${waiting.message === undefined ? '' : `: ${waiting.message}`}`;
  return [
    `${name}: ${now}`,
    ...(before === undefined ? [] : [`${name}, before: ${describeTerminated(before)}`]),
  ];
}

function statusesOf({ status }: SeenPod): readonly ContainerStatus[] {
  return [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ];
}

function hasStarted({ state, lastState }: ContainerStatus): boolean {
  return [state, lastState].some(
    (each) =>
      each?.running !== undefined ||
      (each?.terminated !== undefined && each.terminated.reason !== 'StartError'),
  );
}

async function describeLog(
  api: NodeApi,
  pod: SeenPod,
  container: ContainerStatus,
): Promise<readonly string[]> {
  const { name, namespace } = pod.metadata;
  const query = {
    container: container.name,
    tailLines: '20',
    ...(container.state.waiting !== undefined ? { previous: 'true' } : {}),
  };
  const { status, text } = await api.ask({ path: `/api/v1/namespaces/${namespace}/pods/${name}/log`, query });
  if (status >= 400) return [];
  const lines = text.trim();
  return lines === ''
    ? [`${container.name}: empty log`]
    : lines.split('\n').map((line) => `log of ${container.name}: ${line}`);
}

function describeLimits({ spec }: SeenPod): readonly string[] {
  return spec.containers.map(({ name, resources }) => {
    const { memory } = resources?.limits ?? {};
    return `limits of ${name}: ${memory === undefined ? 'none for memory' : `memory ${memory}`}`;
  });
}

/** Reads the events of the objects with this prefix. */
async function describeEvents(api: NodeApi, namespace: string, prefix: string): Promise<readonly string[]> {
  const { text } = await api.must({ path: `/api/v1/namespaces/${namespace}/events` });
  const { items } = JSON.parse(text) as {
    readonly items: readonly (SeenEvent & { readonly involvedObject: { readonly name: string } })[];
  };
  const own = items.filter(({ involvedObject }) => involvedObject.name.startsWith(prefix));
  return [...new Set(own.map(({ reason, message }) => `event ${reason}: ${message}`))];
}

/** A Pod, or a workload and its Pods: everything that a user could see of it. */
export interface PodDescription {
  /** Class, phase, states of containers, limits, events, and logs, each a line. */
  readonly lines: readonly string[];
  /** True if nothing more will happen. */
  readonly isFinal: boolean;
}

/** Describes the Pods with this prefix, as `kubectl describe pod` and `kubectl logs` show them. */
export async function describePods(api: NodeApi, namespace: string, prefix: string): Promise<PodDescription> {
  const { text } = await api.must({ path: `/api/v1/namespaces/${namespace}/pods` });
  const { items } = JSON.parse(text) as { readonly items: readonly SeenPod[] };
  const pods = items.filter(({ metadata }) => metadata.name.startsWith(prefix));
  const states = pods.flatMap((pod) => [
    `Pod of class ${pod.spec.runtimeClassName ?? '(none)'}: ${pod.status.phase}`,
    ...statusesOf(pod).flatMap(describeState),
    ...describeLimits(pod),
  ]);
  const started = pods.flatMap((pod) =>
    statusesOf(pod)
      .filter(hasStarted)
      .map((status) => describeLog(api, pod, status)),
  );
  const events = await describeEvents(api, namespace, prefix);
  const logs = (await Promise.all(started)).flat();
  const isFinal =
    pods.length > 0 && pods.every(({ status }) => status.phase === 'Succeeded' || status.phase === 'Failed');
  return { lines: [...states, ...events, ...logs], isFinal };
}
