import { expect, test } from 'vitest';
import type { PodSpec } from '../../src/pod/pod.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { linux } from '../support/image/image-facts.ts';
import { cluster, node, pod, podFacts, runtimeClass, settings } from '../support/pod/pods.ts';

const HANDLERS = ['wasmtime', 'wasmedge', 'wasmer', 'crun'];
const VIEW = cluster(
  HANDLERS.flatMap((handler) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((pool) =>
      runtimeClass(`${handler}-${pool}`, { handler, nodeSelector: { pool: `${pool}` } }),
    ),
  ),
  [node('n1', { handlers: HANDLERS, labels: { pool: '0' } })],
);

function decide(container: object, spec: Partial<PodSpec> = {}) {
  const facts = podFacts(
    pod({ containers: [{ image: 'app', ...container }], spec }),
    { app: linux('/app.wasm') },
    VIEW,
  );
  return evaluate(facts, settings());
}

/** Each was parsed again for each class that was tried: one Pod blocked all others for up to fifteen seconds. */
test('a working directory is resolved a few times, however many classes are tried', () => {
  let reads = 0;
  const container = {
    volumeMounts: [{ mountPath: '/data' }],
    get workingDir() {
      reads += 1;
      return '/srv';
    },
  };
  expect(decide(container).runtimeClass.origin).toBe('chosen');
  expect(reads).toBeLessThan(10);
});

test('paths longer than Linux takes are not resolved', () => {
  const long = '/a'.repeat(600_000);
  for (let times = 0; times < 5; times += 1) {
    expect(decide({ workingDir: long, volumeMounts: [{ mountPath: '/x' }] }).findings).toBeDefined();
    expect(decide({ volumeMounts: [{ mountPath: long }] }).runtimeClass.origin).toBe('chosen');
  }
});

test('messages do not list an overhead of thousands of resources', () => {
  const overhead = Object.fromEntries(
    Array.from({ length: 50_000 }, (_unused, index) => [`example.com/r${index}`, '1']),
  );
  const finding = decide({}, { overhead, runtimeClassName: 'wasmtime-0' }).findings.find(
    ({ id }) => id === 'overhead-conflict',
  );
  expect(finding?.detail.length).toBeLessThan(1000);
  expect(finding?.detail).toContain('"example.com/r0":"1"');
});
