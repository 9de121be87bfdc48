import type {
  AuditedWorkload,
  AuditFinding,
  AuditReport,
  AuditScope,
  AuditSubject,
} from '../../../src/audit/audit-report.ts';

/** Returns a finding about new Pods. */
export function auditFinding(id: AuditFinding['id'], other: Partial<AuditFinding> = {}): AuditFinding {
  return {
    id,
    severity: 'error',
    action: 'deny',
    container: 'app',
    message: `${id} in words`,
    advice: `what to do about ${id}`,
    concerns: 'new-pods',
    pods: null,
    ...other,
  };
}

/** Returns an admitted workload. */
export function auditedWorkload(
  subject: AuditSubject,
  findings: readonly AuditFinding[] = [],
  other: Partial<AuditedWorkload> = {},
): AuditedWorkload {
  return {
    subject,
    outcome: 'admitted',
    refuses: null,
    hangsOn: [],
    mode: 'enforce',
    runtimeClass: null,
    changes: [],
    patch: [],
    images: [],
    pods: { running: 0, failing: 0, examples: [] },
    findings,
    notes: [],
    ...other,
  };
}

/** Returns a complete audit of all namespaces; its summary counts nothing. */
export function auditReport(
  workloads: readonly AuditedWorkload[],
  other: Partial<AuditReport> & { readonly scope?: AuditScope } = {},
): AuditReport {
  return {
    takenAt: '2026-11-29T10:00:00.250Z',
    cluster: { server: '', version: '', wasmgate: 'installed' },
    configuration: '',
    scope: { namespace: null, selector: '' },
    isComplete: true,
    isInterrupted: false,
    workloads,
    images: [],
    capabilities: { classes: [], handlersWithoutClass: [], runtimes: [], effects: [] },
    unreadable: [],
    summary: {
      workloads: workloads.length,
      outcomes: { admitted: 0, changed: 0, refused: 0, skipped: 0, undecided: 0 },
      failing: 0,
      pods: { running: 0, failing: 0, skipped: 0 },
      images: 0,
      findings: { error: 0, warning: 0, info: 0 },
    },
    ...other,
  };
}
