import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createDecisionCache } from '../../src/assess/decision-cache.ts';
import type { PodFacts } from '../../src/policy/facts.ts';
import { cluster, pod, podFacts, runtimeClass } from '../support/pod/pods.ts';

const MIB = 1024 * 1024;
const VIEW = cluster([runtimeClass('wasmtime')]);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function imageWith(labels: object) {
  const config = { Entrypoint: ['/app.wasm'], Labels: labels };
  return { config: { os: 'linux', architecture: 'amd64', config } };
}

const DECIDED = {
  decision: { findings: [], changes: [], runtimeClass: { class: null, origin: 'none' } },
  outcome: {
    mode: 'enforce',
    denials: [],
    warnings: [],
    changes: [],
    withheld: { denials: [], changes: [] },
    isSilent: false,
  },
} as const;

/** Five hundred are cached, bounded only by their number; a dry run suffices to create one. */
test.for<readonly [name: string, factsOf: (index: number) => PodFacts]>([
  [
    'Pods of megabytes',
    (index) => {
      const subject = pod({ containers: [{ image: 'wasm', args: [`${index}`.padEnd(MIB, 'x')] }] });
      return podFacts(subject, { wasm: imageWith({}) }, VIEW);
    },
  ],
  [
    'images of megabytes',
    (index) => {
      const subject = pod({ containers: [{ image: 'wasm', args: [`${index}`] }] });
      // Flattened as by a parser: V8 keeps a concatenated string as a tree of its parts.
      const labels = JSON.parse(JSON.stringify({ long: `${index}`.padEnd(MIB, 'x') })) as object;
      return podFacts(subject, { wasm: imageWith(labels) }, VIEW);
    },
  ],
])('%s are decided, and not remembered', ([, factsOf]) => {
  const decisions = createDecisionCache();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 60; index++) {
    const one = { facts: factsOf(index), mode: 'enforce' } as const;
    expect(decisions.get(one)).toBeUndefined();
    decisions.set(one, DECIDED);
  }
  collectGarbage();
  expect((process.memoryUsage().heapUsed - before) / MIB).toBeLessThan(20);
});
