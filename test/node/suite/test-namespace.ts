import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFailed } from 'vitest';
import { apply } from '../../support/kubernetes/kubectl.ts';
import { createNamespace } from '../../support/kubernetes/objects.ts';
import type { Output } from '../../support/lib/processes.ts';
import type { RealNode } from '../cluster/real-node.ts';
import { describePods } from './describe-pod.ts';
import { asksToApplyAgain, isUnjudged, repeatLate } from './late-admission.ts';
import type { LivePod } from './live-pod.ts';
import { messageOf, type NodeApi, openNodeApi } from './node-api.ts';
import { hasEnded, namesOfContainers, type Outcome, outcomeOf } from './outcome.ts';

const POLL_MILLISECONDS = 300;
/** A safeguard below the timeout of a test, whose message would not say what the Pod waits for. */
const WAIT_SECONDS = 150;

/** A namespace of the node, with the Pods in it. */
export interface TestNamespace {
  readonly api: () => NodeApi;
  readonly name: () => string;
  /**
   * Applies objects of this namespace with kubectl, as a user does: again, if wasmgate asks for it or did not answer in time. A
   * rejection is an output.
   */
  readonly apply: (objects: readonly object[]) => Promise<Output>;
  /** Reads a collection of this namespace: `/api/v1/pods`, `/apis/batch/v1/jobs`. */
  readonly list: <Item>(collection: string) => Promise<readonly Item[]>;
  /** Polls the Pods with this prefix until `isDone`. If the test fails, prints their status, events and logs. */
  readonly waitForPods: (
    prefix: string,
    isDone: (pods: readonly LivePod[]) => boolean,
  ) => Promise<readonly LivePod[]>;
  /** Reads the Pod and its logs as they are now. */
  readonly outcome: (name: string) => Promise<Outcome>;
  /** Describes status, events and logs of the Pods with this prefix, and repeats what kubectl wrote to standard error. */
  readonly describe: (prefix: string) => Promise<string>;
}

/** Without wasmgate, a Pod is denied rather than started as a Linux program. */
const FAIL_CLOSED = { 'wasmgate.dev/fail-closed': 'true' };

/** Creates a namespace for the tests of a file, fail-closed by default, and deletes it after them. */
export function useNamespace(
  node: RealNode,
  prefix: string,
  labels: Readonly<Record<string, string>> = {},
): TestNamespace {
  let api: NodeApi | null = null;
  let name: string | null = null;
  beforeAll(async () => {
    api = await openNodeApi(node.kubeconfig);
    name = await createNamespace(node.kubectl, prefix, { ...FAIL_CLOSED, ...labels });
  });
  afterAll(async () => {
    if (name === null) return;
    await api?.must({ path: `/api/v1/namespaces/${name}`, method: 'DELETE' });
  });

  const opened = <Value>(value: Value | null): Value => {
    if (value === null) throw new Error(`Cannot use namespace "${prefix}-…" before the tests have begun`);
    return value;
  };
  return createTestNamespace({ api: () => opened(api), name: () => opened(name), kubectl: node.kubectl });
}

interface Place extends Pick<TestNamespace, 'api' | 'name'>, Pick<RealNode, 'kubectl'> {}

function createTestNamespace({ api, name: namespace, kubectl }: Place): TestNamespace {
  const messages: string[] = [];

  const list = async <Item>(collection: string): Promise<readonly Item[]> => {
    const [, version = '', name = ''] = /^(.*)\/(.*)$/.exec(collection) ?? [];
    const { text } = await api().must({ path: `${version}/namespaces/${namespace()}/${name}` });
    return (JSON.parse(text) as { readonly items: readonly Item[] }).items;
  };

  const podsOf = async (prefix: string): Promise<readonly LivePod[]> => {
    const pods = await list<LivePod>('/api/v1/pods');
    return pods.filter(({ metadata }) => metadata.name.startsWith(prefix));
  };

  const readLog = async (name: string, container: string): Promise<string> => {
    const path = `/api/v1/namespaces/${namespace()}/pods/${name}/log`;
    const answer = await api().ask({ path, query: { container } });
    return answer.status < 400 ? answer.text : `(no log: ${messageOf(answer)})`;
  };

  const describe = async (prefix: string): Promise<string> => {
    const { lines } = await describePods(api(), namespace(), prefix);
    return [...lines, ...messages].join('\n');
  };

  return {
    api,
    name: namespace,
    list,
    describe,
    apply: (objects) => {
      const attempt = async (): Promise<Output> => {
        const output = await apply(kubectl, objects, ['-n', namespace()]);
        if (output.stderr !== '') messages.push(`kubectl: ${output.stderr.trimEnd()}`);
        return output;
      };
      return repeatLate(attempt, ({ stderr }) => asksToApplyAgain(stderr) || isUnjudged(stderr));
    },
    waitForPods: async (prefix, isDone) => {
      onTestFailed(async () => console.error(`${prefix}:\n${await describe(prefix)}`));
      const deadline = performance.now() + WAIT_SECONDS * 1000;
      for (;;) {
        const pods = await podsOf(prefix);
        if (isDone(pods)) return pods;
        if (performance.now() > deadline)
          throw new Error(`Pod "${prefix}" is not done after ${WAIT_SECONDS} s`);
        await sleep(POLL_MILLISECONDS);
      }
    },
    outcome: async (name) => {
      const path = `/api/v1/namespaces/${namespace()}/pods/${name}`;
      const pod = JSON.parse((await api().must({ path })).text) as LivePod;
      const names = namesOfContainers(pod);
      const logs = await Promise.all(names.map(async (each) => [each, await readLog(name, each)] as const));
      return outcomeOf(pod, Object.fromEntries(logs));
    },
  };
}

/** Waits until the Pods with this prefix have ended, and compares each with the expected outcome. */
export async function expectEnd(namespace: TestNamespace, prefix: string, expected: Outcome): Promise<void> {
  const pods = await namespace.waitForPods(prefix, (found) => found.length > 0 && found.every(hasEnded));
  for (const { metadata } of pods) await expectOutcome(namespace, metadata.name, expected);
}

/** The end of a container may be reported before its log is there. */
const LOG_TIMEOUT = { timeout: 15_000 };

/** Compares a Pod that has ended with the expected outcome. */
export async function expectOutcome(
  namespace: TestNamespace,
  name: string,
  expected: Outcome,
): Promise<void> {
  await expect.poll(() => namespace.outcome(name), LOG_TIMEOUT).toEqual(expected);
}
