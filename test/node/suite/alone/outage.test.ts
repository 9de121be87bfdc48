import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { must } from '../../../support/kubernetes/kubectl.ts';
import { pod } from '../../../support/kubernetes/objects.ts';
import { useNode } from '../../cluster/real-node.ts';
import { nodeImage } from '../../images/push-node-images.ts';
import { asksToApplyAgain, isUnjudged } from '../late-admission.ts';
import { CHOSEN, COMPLETED } from '../outcome.ts';
import { expectEnd, useNamespace } from '../test-namespace.ts';

const node = useNode();
const strict = useNamespace(node, 'outage');
const lenient = useNamespace(node, 'outage-open', { 'wasmgate.dev/fail-closed': 'false' });

const WASMGATE = ['deployment/wasmgate', '-n', 'wasmgate-system'];
const REPLICAS = 2;
const EVERY_MILLISECONDS = 100;

function kubectl(...args: readonly string[]): Promise<string> {
  return must(node.kubectl(args));
}

/** Scales wasmgate; resolves when its Pods are Ready, or gone. */
async function scale(replicas: number): Promise<void> {
  await kubectl('scale', ...WASMGATE, `--replicas=${replicas}`);
  await kubectl('rollout', 'status', ...WASMGATE, '--timeout=180s');
  if (replicas > 0) return;
  const own = ['pods', '-n', 'wasmgate-system', '-l', 'app.kubernetes.io/name=wasmgate'];
  await kubectl('wait', ...own, '--for=delete', '--timeout=60s');
}

function module(name: string, namespace: string, more: object = {}): object {
  const containers = [{ name: 'wasm', image: nodeImage(node.registry, 'wasi-module') }];
  return pod(name, namespace, { spec: { restartPolicy: 'Never', containers, ...more } });
}

describe('without replicas', () => {
  afterAll(() => scale(REPLICAS));

  test('a fail-closed namespace gets no Wasm Pod, and others get one that runc cannot start', async () => {
    await scale(0);
    const { code, stderr } = await strict.apply([module('app', strict.name())]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('failed calling webhook "validate-fail.wasmgate.dev"');
    expect(await strict.list('/api/v1/pods')).toEqual([]);

    await must(lenient.apply([module('app', lenient.name())]));
    await expect.poll(() => lenient.describe('app')).toContain('exec: "/app.wasm": permission denied');
  });

  test('the namespace gets its Pods again as soon as wasmgate is back', async () => {
    await scale(REPLICAS);
    await must(strict.apply([module('app', strict.name())]));
    await expectEnd(strict, 'app', COMPLETED);
  });
});

describe('during a rollout', () => {
  test('every Pod gets its class', async () => {
    await kubectl('rollout', 'restart', ...WASMGATE);
    const over = new AbortController();
    const rollout = kubectl('rollout', 'status', ...WASMGATE, '--timeout=180s').finally(() => over.abort());
    const path = `/api/v1/namespaces/${strict.name()}/pods`;
    let created = 0;
    let late = 0;
    while (!over.signal.aborted) {
      // It is created, but no node gets it.
      const body = module(`gated-${created}`, strict.name(), {
        schedulingGates: [{ name: 'example.com/never' }],
      });
      const { status, text } = await strict.api().ask({ path, method: 'POST', body });
      if (isUnjudged(text) || asksToApplyAgain(text)) late += 1;
      else {
        expect({ status, text }).toMatchObject({ status: 201 });
        created += 1;
      }
      await sleep(EVERY_MILLISECONDS);
    }
    await rollout;
    // On a busy machine, one answer may take longer than the API server waits for it. A rollout that loses calls loses more.
    expect(late).toBeLessThanOrEqual(1);
    const pods = await strict.waitForPods('gated-', (found) => found.length === created);
    expect(new Set(pods.map(({ spec }) => spec.runtimeClassName))).toEqual(new Set([CHOSEN.runtimeClass]));
    console.log(`${created} Pods were created during the rollout`);
  });
});
