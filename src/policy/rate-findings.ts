import { matchesGlob } from '../lib/matches-glob.ts';
import type { PodContext } from './check.ts';
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

/** Appends the link that the operator gives for a finding: many authors of Pods have no `wasmgate explain`. */
function withLink(advice: string, id: FindingId, { helpUrl }: PolicySettings): string {
  if (helpUrl === undefined) return advice;
  return `${advice === '' ? '' : `${advice} `}See ${helpUrl}${id}`;
}

/** Returns the findings that the operator excepts in a namespace. */
export function exceptionsIn(namespace: string, { exceptions }: PolicySettings): ReadonlySet<FindingId> {
  return new Set(
    exceptions
      .filter(({ namespaces }) => namespaces.some((pattern) => matchesGlob(pattern, namespace)))
      .flatMap(({ findings }) => findings),
  );
}

/** The Pod and the settings by which findings are rated. */
type RatingContext = Pick<PodContext, 'settings' | 'exceptions'>;

/**
 * Sorts findings by the catalog, adds severity, consequence and action, and drops those that the operator ignores.
 * @param alternatives returns the classes that an advice may name; called at most once, and only if an advice names classes
 */
export function rateFindings(
  findings: readonly Finding[],
  { settings, exceptions }: RatingContext,
  alternatives: () => readonly string[],
): readonly RatedFinding[] {
  let named: readonly string[] | undefined;
  return findings
    .filter(({ id }) => actionOf(id, settings) !== 'ignore')
    .toSorted(inOrder)
    .map((finding) => {
      const { id, advice } = finding;
      const text = typeof advice === 'string' ? advice : advice((named ??= alternatives()));
      return {
        ...finding,
        advice: withLink(text, id, settings),
        severity: severityOf(id),
        consequence: consequenceOf(finding),
        action: exceptions?.has(id) === true ? 'excepted' : actionOf(id, settings),
      };
    });
}
