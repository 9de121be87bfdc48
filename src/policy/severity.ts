import type { Action, Finding, FindingId, RatedFinding, Severity } from './decision.ts';
import type { PolicySettings } from './settings.ts';

/** An error is certain to fail; what the node alone knows is a warning. */
const SEVERITIES: Readonly<Record<FindingId, Severity>> = {
  'runtime-class-missing': 'error',
  'runtime-class-required': 'error',
  'no-runtime-class-for-image': 'error',
  'handler-cannot-run-image': 'error',
  'wasm-image-without-runtime-class': 'error',
  'mixed-handlers-needed': 'error',
  'linux-container-under-compat': 'error',
  'node-selector-conflict': 'error',
  'overhead-conflict': 'error',
  'command-required': 'error',
  'image-will-not-pull': 'error',
  'image-changed-kind': 'error',
  'ephemeral-container-cannot-run': 'error',
  'annotation-conflict': 'warning',
  'component-on-module-runtime': 'warning',
  'daemonset-ignores-class-scheduling': 'warning',
  'exec-probe-unsupported': 'warning',
  'exit-code-lost': 'warning',
  'handler-may-not-run-image': 'warning',
  'handler-not-on-every-node': 'warning',
  'handler-on-no-node': 'warning',
  'image-identity-shared': 'warning',
  'image-may-not-pull': 'warning',
  'image-needs-unpack-setting': 'warning',
  'image-not-a-workload': 'warning',
  'image-unknown': 'warning',
  'memory-below-floor': 'warning',
  'limits-conflict': 'warning',
  'memory-limit-left-out': 'warning',
  'resource-tier-unknown': 'warning',
  'node-taint-not-tolerated': 'warning',
  'read-only-root-unsupported': 'warning',
  'slow-start-under-cpu-limit': 'warning',
  'tty-unsupported': 'warning',
  'user-namespace-unsupported': 'warning',
  'wasm-entry-not-taken': 'warning',
  'wat-not-runnable': 'warning',
  'annotation-delivery-unknown': 'info',
  'packaging-advice': 'info',
};

/** What is certain to fail is refused, all else is told. */
const BY_SEVERITY: Readonly<Record<Severity, Action>> = { error: 'deny', warning: 'warn', info: 'warn' };

/** Nobody asks for these but a scenario. */
const UNASKED: ReadonlySet<FindingId> = new Set<FindingId>(['runtime-class-required']);

export const FINDING_IDS: readonly FindingId[] = Object.keys(SEVERITIES) as FindingId[];

export function severityOf(id: FindingId): Severity {
  return SEVERITIES[id];
}

/** Where the configuration says nothing. */
export function defaultActionOf(id: FindingId): Action {
  return UNASKED.has(id) ? 'ignore' : BY_SEVERITY[SEVERITIES[id]];
}

export function actionOf(id: FindingId, { findings, onUnknownImage }: PolicySettings): Action {
  const stated = findings[id];
  if (stated !== undefined) return stated;
  if (id === 'image-unknown' && onUnknownImage === 'deny') return 'deny';
  return defaultActionOf(id);
}

/** With what follows from them; those to be ignored are left out. */
export function rateFindings(
  findings: readonly Finding[],
  settings: PolicySettings,
): readonly RatedFinding[] {
  return findings
    .map((finding) => ({
      ...finding,
      severity: severityOf(finding.id),
      action: actionOf(finding.id, settings),
    }))
    .filter(({ action }) => action !== 'ignore');
}
