import { ATTACKER, type Attack } from './attack.ts';
import { podReview } from './pod-review.ts';
import { everyMilliseconds } from './schedule.ts';

const DEFAULTS = {
  everyMilliseconds: 1_000,
  /** The most containers that wasmgate judges in one Pod. */
  containers: 256,
  /** What Kubernetes supports in one cluster. */
  nodes: 5_000,
  classes: 1_000,
  pools: 20,
} as const;

/** Each Pod differs from the one before, so no cached decision applies. */
const run: Attack['run'] = ({ registry, apply }, signal) =>
  everyMilliseconds(DEFAULTS.everyMilliseconds, signal, (index) => {
    const images = Array.from(
      { length: DEFAULTS.containers },
      () => `${registry}/corpus/bk-wasi-wasm:latest`,
    );
    const spec = { nodeSelector: { 'kubernetes.io/os': 'linux', [`attack-${index}`]: 'x' } };
    apply(podReview({ namespace: ATTACKER, images, spec: index % 2 === 0 ? {} : spec }));
  });

/** A class for one of several node pools: wasmgate tries each kind of class on the Pod. */
function runtimeClass(index: number): object {
  const nodeSelector = { pool: `pool-${index % DEFAULTS.pools}` };
  return { metadata: { name: `z-class-${index}` }, handler: 'wasmtime', scheduling: { nodeSelector } };
}

export const manyNodes: Attack = {
  name: 'many-nodes',
  title: '256 containers in each Pod, 5,000 nodes',
  cluster: { nodes: DEFAULTS.nodes },
  run,
};

export const manyClasses: Attack = {
  name: 'many-classes',
  title: '256 containers in each Pod, 1,000 classes of 20 kinds',
  cluster: {
    runtimeClasses: Array.from({ length: DEFAULTS.classes }, (_, index) => runtimeClass(index)),
  },
  run,
};
