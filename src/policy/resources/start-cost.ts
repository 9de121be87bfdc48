import type { Container, Probe } from '../../pod/pod.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';
import type { CodeSizes } from './code-sizes.ts';
import { parseQuantity, roundUp, type Quantity } from './quantity.ts';

const START_COSTS = {
  /**
   * CPU seconds for each million compressed bytes that Wasmtime compiles at every start. Measured on a shim built with little
   * optimization; a well-optimized one takes half.
   */
  perMegabyte: parseQuantity('4'),
  /**
   * Estimated CPU seconds of Spin's own start: more than 0.9, because a small application with 100m and a liveness probe that
   * fails after 9 s did not come up (deislabs containerd-wasm-shims issue 194).
   */
  spin: parseQuantity('1'),
  step: parseQuantity('10m'),
} as const;

const MEGABYTE = 1_000_000n;

/** An image's code, and the handler that compiles it; null if the handler has no profile. */
export interface CodeOnHandler extends CodeSizes {
  readonly profile: HandlerProfile | null;
}

/**
 * Returns the CPU seconds that a start takes inside the container; null if nothing is compiled there, or the cost is unknown.
 * The Spin shim also compiles files there, but the output of `spin registry push` only once, outside (engine.rs since v0.13.0).
 */
export function startCost({ profile, packaging, sizes }: CodeOnHandler): Quantity | null {
  if (packaging !== 'tar' || sizes === null) return null;
  if (profile?.engine !== 'wasmtime' && profile?.engine !== 'spin') return null;
  const bytes = BigInt(Math.ceil(sizes.compressed + sizes.raw));
  if (bytes === 0n) return null;
  const compiling = (START_COSTS.perMegabyte * bytes) / MEGABYTE;
  return profile.engine === 'spin' ? START_COSTS.spin + compiling : compiling;
}

/** Returns the CPU limit under which a start of this cost takes no more than these seconds. */
export function cpuForStart(cost: Quantity, seconds: number): Quantity {
  return roundUp(cost / BigInt(seconds), START_COSTS.step);
}

/** Returns whole seconds. */
export function startSeconds(cost: Quantity, limit: Quantity): bigint {
  return cost / limit;
}

/** Kubernetes' defaults (core/v1 defaults.go). */
const PROBE_DEFAULTS = { initialDelaySeconds: 0, periodSeconds: 10, failureThreshold: 3 } as const;

/** When the kubelet kills a container that does not respond to a probe yet. */
export interface ProbeDeadline {
  readonly field: 'livenessProbe' | 'startupProbe';
  /** Since the container was created. */
  readonly seconds: number;
}

/** Returns when the probe ends a start. Before the program listens, a probe fails at once, so its timeout does not count. */
function deadlineSeconds(probe: Probe): number {
  const { initialDelaySeconds, periodSeconds, failureThreshold } = probe;
  const period = periodSeconds || PROBE_DEFAULTS.periodSeconds;
  const failures = failureThreshold || PROBE_DEFAULTS.failureThreshold;
  const delay = initialDelaySeconds ?? PROBE_DEFAULTS.initialDelaySeconds;
  // The API server rejects negative values, but only after it called this webhook.
  return Math.max(0, delay + (failures - 1) * period);
}

/**
 * Returns when probes end a slow start; null if none does. A liveness probe waits for the startup probe (kubelet prober). Exec
 * probes are left to the finding exec-probe-unsupported.
 */
export function probeDeadline({ startupProbe, livenessProbe }: Container): ProbeDeadline | null {
  if (startupProbe)
    return startupProbe.exec ? null : { field: 'startupProbe', seconds: deadlineSeconds(startupProbe) };
  if (!livenessProbe || livenessProbe.exec) return null;
  return { field: 'livenessProbe', seconds: deadlineSeconds(livenessProbe) };
}
