import { beforeAll, describe, expect, test } from 'vitest';
import { cronJob, deployment, job } from '../../support/kubernetes/objects.ts';
import { useNode } from '../cluster/real-node.ts';
import { nodeImage } from '../images/push-node-images.ts';
import type { LivePod } from './live-pod.ts';
import { ANY_LIMITS, CHOSEN, COMPLETED, HELLO, isReady, type Outcome, STANDARD_LIMITS } from './outcome.ts';
import { expectEnd, useNamespace } from './test-namespace.ts';

const node = useNode();
const namespace = useNamespace(node, 'controllers');

function wasm(image: string): object {
  return { name: 'wasm', image: nodeImage(node.registry, image) };
}

const linux = {
  name: 'linux',
  image: nodeImage(node.registry, 'busybox'),
  command: ['/bin/sh', '-c', 'echo hello from Linux; sleep 3600'],
};

/** A controller of Pods that keep running. */
interface Service {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly containers: readonly object[];
  readonly replicas?: number;
  readonly expected: Outcome;
}

const RUNNING: Outcome = { ...COMPLETED, phase: 'Running', exitCodes: { wasm: null } };

const SERVICES: readonly Service[] = [
  {
    kind: 'Deployment',
    containers: [wasm('sleeping-module'), linux],
    replicas: 2,
    expected: {
      ...CHOSEN,
      phase: 'Running',
      exitCodes: { wasm: null, linux: null },
      limits: { wasm: STANDARD_LIMITS, linux: null },
      restarts: {},
      logs: { wasm: HELLO, linux: 'hello from Linux\n' },
    },
  },
  { kind: 'StatefulSet', containers: [wasm('sleeping-layer')], replicas: 1, expected: RUNNING },
  { kind: 'DaemonSet', containers: [wasm('sleeping-layer')], expected: RUNNING },
];

function nameOf({ kind }: Service): string {
  return kind.toLowerCase();
}

function manifestOf(service: Service): object {
  const { kind, containers, replicas } = service;
  const spec = { terminationGracePeriodSeconds: 0, containers };
  const { spec: common, ...rest } = deployment(nameOf(service), namespace.name(), { spec });
  const { selector, template } = common;
  return { ...rest, kind, spec: { selector, template, ...(replicas === undefined ? {} : { replicas }) } };
}

interface Job {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

async function conditionsOf(name: string): Promise<readonly string[]> {
  const jobs = await namespace.list<Job>('/apis/batch/v1/jobs');
  const found = jobs.find(({ metadata }) => metadata.name === name);
  return (found?.status.conditions ?? []).filter(({ status }) => status === 'True').map(({ type }) => type);
}

describe('Pods of a workload without runtimeClassName run', () => {
  beforeAll(() => {
    const name = namespace.name();
    const failing = job('failing', name, { spec: { containers: [wasm('exit3')] } });
    const scheduled = cronJob('scheduled', name, { spec: { containers: [wasm('linux-module')] } });
    return namespace.apply([
      ...SERVICES.map(manifestOf),
      job('succeeding', name, { spec: { containers: [wasm('wasi-module')] } }),
      { ...failing, spec: { ...failing.spec, backoffLimit: 0 } },
      { ...scheduled, spec: { ...scheduled.spec, schedule: '* * * * *' } },
    ]);
  });

  test.each(SERVICES)('$kind', async (service) => {
    const { replicas = 1, expected } = service;
    const isDone = (pods: readonly LivePod[]): boolean => pods.length === replicas && pods.every(isReady);
    const pods = await namespace.waitForPods(nameOf(service), isDone);
    // A container runs before its program has printed anything.
    for (const { metadata } of pods)
      await expect.poll(() => namespace.outcome(metadata.name)).toEqual(expected);
  });

  test('Job', async () => {
    await expectEnd(namespace, 'succeeding', COMPLETED);
    await expect.poll(() => conditionsOf('succeeding')).toContain('Complete');
  });

  test('Job whose module exits with 3', async () => {
    await expectEnd(namespace, 'failing', {
      ...COMPLETED,
      phase: 'Failed',
      exitCodes: { wasm: 3 },
      limits: { wasm: ANY_LIMITS },
      logs: { wasm: 'ending with 3\n' },
    });
    await expect.poll(() => conditionsOf('failing')).toContain('Failed');
  });

  test('CronJob', async () => {
    await expectEnd(namespace, 'scheduled', COMPLETED);
  });
});
