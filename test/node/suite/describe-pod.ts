import { type ContainerStatus, isFinal, type LivePod, statusesOf, type Terminated } from './live-pod.ts';
import type { NodeApi } from './node-api.ts';

interface SeenEvent {
  readonly reason: string;
  readonly message: string;
}

function describeTerminated({ reason = '?', exitCode, message }: Terminated): string {
  return `${reason}, exit code ${exitCode}${message === undefined ? '' : `: ${message}`}`;
}

function describeNow({ ready, state: { waiting, terminated } }: ContainerStatus): string {
  if (waiting !== undefined) {
    const { reason = '?', message } = waiting;
    return `waiting, ${reason}${message === undefined ? '' : `: ${message}`}`;
  }
  if (terminated !== undefined) return describeTerminated(terminated);
  return `running${ready ? '' : ', not ready'}`;
}

function describeState(status: ContainerStatus): readonly string[] {
  const { name, lastState } = status;
  const before = lastState?.terminated;
  return [
    `${name}: ${describeNow(status)}`,
    ...(before === undefined ? [] : [`${name}, before: ${describeTerminated(before)}`]),
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
  pod: LivePod,
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

function describeLimits({ spec }: LivePod): readonly string[] {
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
  const { items } = JSON.parse(text) as { readonly items: readonly LivePod[] };
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
  return { lines: [...states, ...events, ...logs], isFinal: pods.length > 0 && pods.every(isFinal) };
}
