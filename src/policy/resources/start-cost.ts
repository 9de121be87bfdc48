import type { Container, Probe } from '../../pod/pod.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';
import type { CodeSizes } from './code-sizes.ts';
import { parseQuantity, roundUp, type Quantity } from './quantity.ts';

const COST = {
  /**
   * CPU seconds for each million compressed bytes that Wasmtime compiles at every start: measured on a shim that was built
   * with little optimization; a well built one takes half.
   */
  perMegabyte: parseQuantity('4'),
  /**
   * CPU seconds of Spin's own start, which nobody measured. A small application with 100m and a liveness probe that gives up
   * after 9 s did not come up (deislabs containerd-wasm-shims issue 194), so that it takes more than 0.9.
   */
  ofSpin: parseQuantity('1'),
  step: parseQuantity('10m'),
} as const;

const MEGABYTE = 1_000_000n;

export interface StartQuestion extends CodeSizes {
  readonly profile: HandlerProfile | null;
}

/**
 * Returns the CPU seconds that a start takes inside the container; null where nothing is compiled there, or nobody knows. The
 * Spin shim compiles files, too; what `spin registry push` makes it compiles once, outside (engine.rs since v0.13.0).
 */
export function startCost({ profile, packaging, sizes }: StartQuestion): Quantity | null {
  if (packaging !== 'tar' || sizes === null) return null;
  if (profile?.engine !== 'wasmtime' && profile?.engine !== 'spin') return null;
  const bytes = BigInt(Math.ceil(sizes.compressed + sizes.raw));
  if (bytes === 0n) return null;
  const compiling = (COST.perMegabyte * bytes) / MEGABYTE;
  return profile.engine === 'spin' ? COST.ofSpin + compiling : compiling;
}

/** Returns the CPU with which a start of this cost takes no more than these seconds. */
export function cpuForStart(cost: Quantity, seconds: number): Quantity {
  return roundUp(cost / BigInt(seconds), COST.step);
}

/** Returns whole seconds. */
export function startSeconds(cost: Quantity, limit: Quantity): bigint {
  return cost / limit;
}

/** Kubernetes' own defaults (core/v1 defaults.go). */
const PROBE_DEFAULTS = { initialDelaySeconds: 0, periodSeconds: 10, failureThreshold: 3 } as const;

/** When the kubelet kills a container that does not answer yet. */
export interface ProbeDeadline {
  readonly field: 'livenessProbe' | 'startupProbe';
  /** Since the container was created. */
  readonly seconds: number;
}

/** The first failures are told at once: nothing listens yet, so that no probe waits for its timeout. */
function secondsOf(probe: Probe): number {
  const { initialDelaySeconds, periodSeconds, failureThreshold } = probe;
  const period = periodSeconds || PROBE_DEFAULTS.periodSeconds;
  const failures = failureThreshold || PROBE_DEFAULTS.failureThreshold;
  const delay = initialDelaySeconds ?? PROBE_DEFAULTS.initialDelaySeconds;
  // Negative values are the API server's to refuse, after us.
  return Math.max(0, delay + (failures - 1) * period);
}

/**
 * Returns when probes end a slow start; null where none does. A liveness probe waits for the startup probe (kubelet prober).
 * Exec probes have no such effect on a shim: the check on exec speaks of them.
 */
export function probeDeadline({ startupProbe, livenessProbe }: Container): ProbeDeadline | null {
  if (startupProbe)
    return startupProbe.exec ? null : { field: 'startupProbe', seconds: secondsOf(startupProbe) };
  if (!livenessProbe || livenessProbe.exec) return null;
  return { field: 'livenessProbe', seconds: secondsOf(livenessProbe) };
}
