import { expect, onTestFailed, test } from 'vitest';
import { must } from '../../../support/kubernetes/kubectl.ts';
import { pod } from '../../../support/kubernetes/objects.ts';
import { useNode } from '../../cluster/real-node.ts';
import { nodeImage } from '../../images/push-node-images.ts';
import { CHOSEN, HELLO, STANDARD_LIMITS } from '../outcome.ts';
import { useNamespace } from '../test-namespace.ts';

const node = useNode();
const image = nodeImage(node.registry, 'wasi-module');

const PAIRS = 5;
/** Milliseconds; by default, polls are further apart than what is measured. */
const POLL = { interval: 10 };

/** Without wasmgate, the user writes what wasmgate would set, so that the node has the same to do. */
const SIDES = {
  with: { namespace: useNamespace(node, 'time'), spec: { containers: [{ name: 'wasm', image }] } },
  without: {
    namespace: useNamespace(node, 'time-off', { 'wasmgate.dev/mode': 'off' }),
    spec: {
      runtimeClassName: CHOSEN.runtimeClass,
      containers: [{ name: 'wasm', image, resources: { limits: STANDARD_LIMITS } }],
    },
  },
} as const;
type Side = keyof typeof SIDES;

/** Seconds since `kubectl apply` began: until it ended, and until the module had printed its line. */
interface Times {
  readonly applied: number;
  readonly output: number;
}

async function measure(side: Side, name: string): Promise<Times> {
  const { namespace, spec } = SIDES[side];
  const path = `/api/v1/namespaces/${namespace.name()}/pods/${name}/log`;
  onTestFailed(async () => console.error(await namespace.describe(name)));
  const start = performance.now();
  await must(namespace.apply([pod(name, namespace.name(), { spec: { restartPolicy: 'Never', ...spec } })]));
  const applied = performance.now();
  await expect.poll(async () => (await namespace.api().ask({ path })).text, POLL).toBe(HELLO);
  const output = performance.now();
  // The Pod need not have ended: that takes the kubelet another second.
  const { runtimeClass, limits } = await namespace.outcome(name);
  expect({ runtimeClass, limits }).toEqual({
    runtimeClass: CHOSEN.runtimeClass,
    limits: { wasm: STANDARD_LIMITS },
  });
  return { applied: (applied - start) / 1000, output: (output - start) / 1000 };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

type Pair = Readonly<Record<Side, Times>>;

function line(what: keyof Times, pairs: readonly Pair[]): string {
  const seconds = (side: Side): string =>
    `${median(pairs.map((pair) => pair[side][what])).toFixed(2)} s ${side}`;
  const ratio = median(pairs.map((pair) => pair.with[what] / pair.without[what])).toFixed(2);
  return `${what.padEnd(8)} ${seconds('with')}, ${seconds('without')} wasmgate, median of the ratios ${ratio}`;
}

test('the time from kubectl apply to output is reported', async () => {
  // From here on, the image is on the node, and wasmgate knows it.
  await measure('with', 'first');
  const pairs: Pair[] = [];
  for (let index = 0; index < PAIRS; index += 1) {
    const name = `pod-${index}`;
    // In turn, so that neither side always follows the other.
    if (index % 2 === 0)
      pairs.push({ with: await measure('with', name), without: await measure('without', name) });
    else pairs.push({ without: await measure('without', name), with: await measure('with', name) });
  }
  console.log(`From kubectl apply, ${PAIRS} pairs\n\n${line('applied', pairs)}\n${line('output', pairs)}\n`);
});
