import { expect } from 'vitest';
import { CHOSEN_CLASS_ANNOTATION, VARIANT_ANNOTATION } from '../../../src/pod/names.ts';
import {
  type ContainerStatus,
  containersOf,
  isFinal,
  type Limits,
  type LivePod,
  statusesOf,
} from './live-pod.ts';

/** How a Pod ended: what wasmgate set, and what the node did. */
export interface Outcome {
  readonly runtimeClass: string | null;
  readonly annotations: { readonly variant: string | null; readonly chosen: string | null };
  /** By container; null for one without limits. */
  readonly limits: Readonly<Record<string, Limits | null>>;
  readonly phase: string;
  /** By container; null for one that has not ended. */
  readonly exitCodes: Readonly<Record<string, number | null>>;
  /**
   * Of containers that started more than once, the reason why they ended before, such as OOMKilled. A layer may lose its first start
   * (see `restartPolicyOf`), which is left out.
   */
  readonly restarts: Readonly<Record<string, string>>;
  /** By container, whole. */
  readonly logs: Readonly<Record<string, string>>;
}

/** After so many, the next one is no better; the kubelet waits 10 s before the first one, 20 s before the second. */
const MOST_RESTARTS = 2;

/**
 * Returns the policy for a Pod with an image of the suite. Layers that start for the first time together can lose a start (finding
 * packaging-advice), files cannot.
 */
export function restartPolicyOf(image: string): 'OnFailure' | 'Never' {
  return /layer|cncf/.test(image) ? 'OnFailure' : 'Never';
}

function hasLostOneStart({ restartCount, lastState }: ContainerStatus): boolean {
  return restartCount === 1 && lastState?.terminated?.reason === 'StartError';
}

function restartsOf(pod: LivePod): Outcome['restarts'] {
  const restarted = statusesOf(pod).filter((status) => status.restartCount > 0 && !hasLostOneStart(status));
  return Object.fromEntries(
    restarted.map(({ name, lastState }) => [name, lastState?.terminated?.reason ?? 'unknown']),
  );
}

export function namesOfContainers(pod: LivePod): readonly string[] {
  return containersOf(pod).map(({ name }) => name);
}

/** Reports whether the Pod has ended, or will not end any better. */
export function hasEnded(pod: LivePod): boolean {
  return isFinal(pod) || statusesOf(pod).some(({ restartCount }) => restartCount >= MOST_RESTARTS);
}

export function isReady({ status: { containerStatuses = [] } }: LivePod): boolean {
  return containerStatuses.length > 0 && containerStatuses.every(({ ready }) => ready);
}

export function outcomeOf(pod: LivePod, logs: Outcome['logs']): Outcome {
  const { annotations = {} } = pod.metadata;
  return {
    runtimeClass: pod.spec.runtimeClassName ?? null,
    annotations: {
      variant: annotations[VARIANT_ANNOTATION] ?? null,
      chosen: annotations[CHOSEN_CLASS_ANNOTATION] ?? null,
    },
    limits: Object.fromEntries(
      containersOf(pod).map(({ name, resources }) => [name, resources?.limits ?? null]),
    ),
    phase: pod.status.phase,
    exitCodes: Object.fromEntries(
      statusesOf(pod).map(({ name, state }) => [name, state.terminated?.exitCode ?? null]),
    ),
    restarts: restartsOf(pod),
    logs,
  };
}

/** What wasmgate sets of a Pod on this node, whatever its Wasm image. */
export const CHOSEN = {
  runtimeClass: 'wasmtime',
  annotations: { variant: 'compat-smart', chosen: 'wasmtime' },
} as const;

export const UNCHANGED = { runtimeClass: null, annotations: { variant: null, chosen: null } } as const;

/** What the tier "standard" sets; no image of the smallest module needs more. */
export const STANDARD_LIMITS = { cpu: '200m', memory: '64Mi' } as const;

/** For files that are compiled at every start, which need more the larger they are. */
export const ANY_LIMITS: Limits = { cpu: expect.any(String), memory: expect.any(String) };

/** What small modules print. */
export const HELLO = 'hello from wasm\n';

/** A Pod with one Wasm container, `wasm`, that prints this and ends. */
export const COMPLETED: Outcome = {
  ...CHOSEN,
  limits: { wasm: STANDARD_LIMITS },
  phase: 'Succeeded',
  exitCodes: { wasm: 0 },
  restarts: {},
  logs: { wasm: HELLO },
};
