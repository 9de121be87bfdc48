import type { Container, Probe } from '../../pod/pod.ts';

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
