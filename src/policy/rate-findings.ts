import type { Action, Finding, RatedFinding } from './decision.ts';
import {
  FINDING_IDS,
  FINDINGS,
  severityOf,
  type Consequence,
  type FindingId,
  type Severity,
} from './finding-catalog.ts';
import type { PolicySettings } from './settings.ts';

/** Actions by severity: wasmgate denies what is certain to fail, and warns about everything else. */
const BY_SEVERITY: Readonly<Record<Severity, Action>> = { error: 'deny', warning: 'warn', info: 'warn' };

/** Findings that are off unless a scenario or the operator turns them on. */
const OPT_IN: ReadonlySet<FindingId> = new Set<FindingId>(['runtime-class-required']);

/** Returns the action for a finding that the configuration does not set. */
export function defaultActionOf(id: FindingId): Action {
  return OPT_IN.has(id) ? 'ignore' : BY_SEVERITY[severityOf(id)];
}

export function actionOf(id: FindingId, { findings, onUnknownImage }: PolicySettings): Action {
  const configured = findings[id];
  if (configured !== undefined) return configured;
  if (id === 'image-unknown' && onUnknownImage === 'deny') return 'deny';
  return defaultActionOf(id);
}

export function consequenceOf({ id, consequence }: Finding): Consequence {
  return consequence ?? FINDINGS[id].consequence;
}

const ORDER: ReadonlyMap<FindingId, number> = new Map(FINDING_IDS.map((id, index) => [id, index]));

function inOrder(left: Finding, right: Finding): number {
  return (ORDER.get(left.id) ?? 0) - (ORDER.get(right.id) ?? 0);
}

/**
 * Sorts findings by the catalog, adds severity, consequence and action, and drops those that the operator ignores.
 * @param alternatives returns the classes that an advice may name; called at most once, and only if an advice names classes
 */
export function rateFindings(
  findings: readonly Finding[],
  settings: PolicySettings,
  alternatives: () => readonly string[],
): readonly RatedFinding[] {
  let named: readonly string[] | undefined;
  return findings
    .filter(({ id }) => actionOf(id, settings) !== 'ignore')
    .toSorted(inOrder)
    .map((finding) => ({
      ...finding,
      advice:
        typeof finding.advice === 'string' ? finding.advice : finding.advice((named ??= alternatives())),
      severity: severityOf(finding.id),
      consequence: consequenceOf(finding),
      action: actionOf(finding.id, settings),
    }));
}
