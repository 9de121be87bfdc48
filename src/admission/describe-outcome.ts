import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import type { Change, Decision, RatedFinding } from '../policy/decision.ts';
import type { AssessedContainer } from '../policy/facts.ts';
import type { Mode, Outcome } from '../policy/mode.ts';
import { WARNING_BOUNDS } from './bound-warnings.ts';
import { describeChange } from './describe-change.ts';
import { describeStale, staleMark } from './describe-staleness.ts';
import { DENIAL_RUNES } from './response.ts';

/** What was decided, as the use case hands it over. */
export interface Decided {
  readonly decision: Decision;
  readonly outcome: Outcome;
  /** Whether refusals refuse the object, or are only told. */
  readonly isBinding: boolean;
  readonly containers: readonly AssessedContainer[];
  readonly notes: readonly string[];
}

/** `Pod`, or the kind of the workload whose template was judged. */
export type SubjectKind = string;

function withoutFullStop(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

/** UTF-16 units, two for each rune that is kept of a denial. */
const MOST_OF_DENIAL = 2 * DENIAL_RUNES;

function shown(text: string): string {
  return stripControlCharacters(text.slice(0, MOST_OF_DENIAL));
}

/**
 * Why an object is refused, as kubectl prints it: every refusal, so that one round of mending is enough; each says first
 * what and why, then what to do.
 */
export function describeDenial(refusals: readonly RatedFinding[]): string {
  let text = '';
  for (const { detail, advice } of refusals) {
    // What is beyond would be cut off; an image's texts may be long, and a Pod have many of them.
    if (text.length > MOST_OF_DENIAL) break;
    const what = `${text === '' ? '' : '\nalso: '}${withoutFullStop(shown(detail))}`;
    text += advice === '' ? what : `${what}\nTo fix: ${shown(advice)}`;
  }
  return text;
}

function warningPrefix(mode: Mode): string {
  return mode === 'enforce' ? 'wasmgate: ' : `wasmgate (${mode}): `;
}

/** One line where what and what to do fit the length that Kubernetes asks for, else a line each. */
function warningLines(prefix: string, what: string, advice: string): readonly string[] {
  const whole = advice === '' ? `${prefix}${what}` : `${prefix}${withoutFullStop(what)}. ${advice}`;
  if (advice === '' || whole.length <= WARNING_BOUNDS.runesWished) return [whole];
  return [`${prefix}${withoutFullStop(what)}`, `${prefix}${advice}`];
}

/** Changes not made, as many to a line as fit. */
function withheldChangeLines(prefix: string, changes: readonly Change[]): readonly string[] {
  const lines: string[] = [];
  for (const change of changes) {
    const text = describeChange(change);
    const last = lines.at(-1);
    if (last !== undefined && last.length + text.length + 2 <= WARNING_BOUNDS.runesWished) {
      lines[lines.length - 1] = `${last}, ${text}`;
    } else lines.push(`${prefix}would set ${text}`);
  }
  return lines;
}

/**
 * Everything worth saying to whoever applied the object, in any mode. Of a workload that is not refused itself its
 * template's refusals are told here, since the Pods' own are seen by a controller only.
 */
export function describeWarnings(decided: Decided, subject: SubjectKind): readonly string[] {
  const { outcome, containers, notes, isBinding } = decided;
  const prefix = warningPrefix(outcome.mode);
  const told = (what: string) => (finding: RatedFinding) =>
    warningLines(prefix, `${what}${finding.detail}`, finding.advice);
  const ofTemplate = isBinding ? [] : outcome.refusals;
  return [
    ...notes.map((note) => `${prefix}${note}`),
    ...ofTemplate.flatMap(told(`Pods of this ${subject} will be refused: `)),
    ...outcome.withheld.refusals.flatMap(told('would refuse: ')),
    ...withheldChangeLines(prefix, outcome.withheld.changes),
    ...outcome.warnings.flatMap(told('')),
    ...describeStale(containers, outcome).map((text) => `${prefix}${text}`),
  ];
}

function describeImages(containers: readonly AssessedContainer[]): string {
  return containers
    .map(({ container, verdict, isSkipped, stale }) => {
      if (isSkipped) return `${container.name}=skipped`;
      const more =
        verdict.kind === 'unknown' ? verdict.reason : 'flavour' in verdict ? verdict.flavour : null;
      const mark = stale ? ` (${staleMark(stale)})` : '';
      return `${container.name}=${verdict.kind}${more === null ? '' : `/${more}`}${mark}`;
    })
    .join(', ');
}

function describeResult({ outcome, isBinding }: Decided): string {
  if (outcome.refusals.length > 0) return isBinding ? 'denied' : 'warned';
  return outcome.withheld.refusals.length > 0 ? 'would-deny' : 'allowed';
}

type Annotations = Readonly<Record<string, string>>;

function classAnnotation({ decision }: Decided): Annotations {
  const name = decision.runtimeClass.class?.name;
  return name === undefined ? {} : { 'runtime-class': name };
}

/**
 * What `/mutate` leaves in the audit log. Asked a second time for the same Pod, a key answers the same value or none: the
 * API server drops a second value that differs.
 */
export function annotateMutation(decided: Decided): Annotations {
  const { mode, changes } = decided.outcome;
  const changed = changes.length === 0 ? {} : { changes: changes.map(({ path }) => path).join(' ') };
  return { mode, ...classAnnotation(decided), ...changed };
}

/** What `/validate` leaves in the audit log: the whole decision, short. */
export function annotateValidation(decided: Decided): Annotations {
  const { outcome, decision, containers } = decided;
  const findings = new Set(decision.findings.map(({ id }) => id));
  return {
    mode: outcome.mode,
    outcome: describeResult(decided),
    ...classAnnotation(decided),
    ...(containers.length === 0 ? {} : { images: describeImages(containers) }),
    ...(findings.size === 0 ? {} : { findings: [...findings].join(' ') }),
  };
}
