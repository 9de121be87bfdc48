import type { Action, Finding, RatedFinding } from './decision.ts';
import { FINDINGS, severityOf, type FindingId, type Severity } from './finding-catalog.ts';
import type { PolicySettings } from './settings.ts';

/** wasmgate denies what is certain to fail, and warns of everything else. */
const BY_SEVERITY: Readonly<Record<Severity, Action>> = { error: 'deny', warning: 'warn', info: 'warn' };

/** Off unless a scenario or the operator asks for them. */
const UNASKED: ReadonlySet<FindingId> = new Set<FindingId>(['runtime-class-required']);

/** The action where the configuration states none. */
export function defaultActionOf(id: FindingId): Action {
  return UNASKED.has(id) ? 'ignore' : BY_SEVERITY[severityOf(id)];
}

export function actionOf(id: FindingId, { findings, onUnknownImage }: PolicySettings): Action {
  const stated = findings[id];
  if (stated !== undefined) return stated;
  if (id === 'image-unknown' && onUnknownImage === 'deny') return 'deny';
  return defaultActionOf(id);
}

/** Adds severity, consequence and action; leaves out findings that the operator ignores. */
export function rateFindings(
  findings: readonly Finding[],
  settings: PolicySettings,
): readonly RatedFinding[] {
  return findings
    .map((finding) => ({
      ...finding,
      severity: severityOf(finding.id),
      consequence: finding.consequence ?? FINDINGS[finding.id].consequence,
      action: actionOf(finding.id, settings),
    }))
    .filter(({ action }) => action !== 'ignore');
}
