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

export function consequenceOf({ id, consequence }: Finding): Consequence {
  return consequence ?? FINDINGS[id].consequence;
}

const ORDER: ReadonlyMap<FindingId, number> = new Map(FINDING_IDS.map((id, index) => [id, index]));

function inOrder(left: Finding, right: Finding): number {
  return (ORDER.get(left.id) ?? 0) - (ORDER.get(right.id) ?? 0);
}

/**
 * Adds severity, consequence and action, in the order of the catalog; leaves out findings that the operator ignores.
 * @param alternatives the classes that an advice may name; called once, and only if one does
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
