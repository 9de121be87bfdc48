import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseQuantity, UNIT } from '../../../src/policy/resources/quantity.ts';
import { pod } from '../../support/kubernetes/objects.ts';
import { useNode } from '../cluster/real-node.ts';
import { nodeImage } from '../images/push-node-images.ts';
import type { LivePod } from './live-pod.ts';
import { type MemoryWatch, watchMemory } from './memory-use.ts';
import { ANY_LIMITS, CHOSEN, hasEnded, restartPolicyOf } from './outcome.ts';
import { expectOutcome, useNamespace } from './test-namespace.ts';

const node = useNode();
const namespace = useNamespace(node, 'limits');

/** What each image prints, once it has started under what wasmgate sets. */
const PRINTS: Readonly<Record<string, RegExp>> = {
  'go-file': /^hello from Go \[\/app\.wasm\]\n$/,
  'go-layer': /^hello from Go \[app\.wasm\]\n$/,
  'go-http-file': /^hello from Go with HTTP /,
  'go-http-layer': /^hello from Go with HTTP /,
  'go-big-file': /^hello from big Go\n/,
  'go-big-layer': /^hello from big Go\n/,
  'component-file': /^hello from Go \[\/app\.wasm\]\n$/,
  'layer-component': /^hello from Go \[app\.wasm\]\n$/,
};
const IMAGES = Object.keys(PRINTS);

/** Files are compiled at every start, which takes long enough to be seen. */
function isFile(image: string): boolean {
  return image.endsWith('-file');
}

interface Row {
  readonly image: string;
  readonly cpu: string;
  /** Bytes. */
  readonly limit: number;
  /** Bytes, as of the last look before the container was gone; null if it was gone before the first. */
  readonly peak: number | null;
}

function table(rows: readonly Row[]): string {
  const line = (image: string, ...cells: readonly string[]): string =>
    [image.padEnd(16), ...cells.map((cell) => cell.padStart(12))].join('');
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  return [
    line('image', 'CPU limit', 'limit, MiB', 'peak, MiB'),
    ...rows.map(({ image, cpu, limit, peak }) =>
      line(image, cpu, mebibytes(limit), peak === null ? 'not seen' : mebibytes(peak)),
    ),
  ].join('\n');
}

describe('a module starts under the limits that wasmgate sets', () => {
  const rows: Row[] = [];
  const uids = new Map<string, string>();
  let memory: MemoryWatch | null = null;
  beforeAll(async () => {
    const podOf = (image: string): object => {
      const containers = [{ name: 'wasm', image: nodeImage(node.registry, image) }];
      return pod(image, namespace.name(), { spec: { restartPolicy: restartPolicyOf(image), containers } });
    };
    memory = watchMemory(uids);
    // One by one: a small module can end while kubectl still applies the others.
    for (const image of IMAGES) {
      await namespace.apply([podOf(image)]);
      const pods = await namespace.list<LivePod>('/api/v1/pods');
      for (const { metadata } of pods) uids.set(metadata.name, metadata.uid);
    }
  });
  afterAll(async () => {
    await memory?.stop();
    console.log(`Memory under the limits that wasmgate sets\n\n${table(rows)}\n`);
  });

  test.each(IMAGES)('%s', async (image) => {
    await namespace.waitForPods(image, (pods) => pods.length > 0 && pods.every(hasEnded));
    await expectOutcome(namespace, image, {
      ...CHOSEN,
      phase: 'Succeeded',
      exitCodes: { wasm: 0 },
      limits: { wasm: ANY_LIMITS },
      restarts: {},
      logs: { wasm: expect.stringMatching(PRINTS[image] ?? /unreachable/) },
    });
    const outcome = await namespace.outcome(image);
    const { cpu = '', memory: quantity = '' } = outcome.limits['wasm'] ?? {};
    const limit = Number(parseQuantity(quantity) / UNIT);
    const use = memory?.useOf(uids.get(image) ?? '') ?? null;
    rows.push({ image, cpu, limit, peak: use?.peak ?? null });
    // The node gives the container the limit that wasmgate set. Layers can be gone before the first look.
    const measured = isFile(image) ? use?.limit : (use?.limit ?? limit);
    expect(measured).toBe(limit);
  });
});
