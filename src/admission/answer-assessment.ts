import type { AssessedContainer } from '../policy/facts.ts';
import {
  describeDenial,
  describeWarnings,
  formatStaleness,
  type Decided,
  type Subject,
} from './describe-warnings.ts';
import type { NotJudged } from './read-subject.ts';
import { allowed, denied, type Answer } from './response.ts';

type Annotations = Readonly<Record<string, string>>;

function classAnnotation({ decision }: Decided): Annotations {
  const name = decision.runtimeClass.class?.name;
  return name === undefined ? {} : { 'runtime-class': name };
}

function fieldsAnnotation(key: string, { changes }: Pick<Decided['outcome'], 'changes'>): Annotations {
  return changes.length === 0 ? {} : { [key]: changes.map(({ path }) => path).join(' ') };
}

/**
 * Returns what `/mutate` writes into the audit log. For a Pod that it sees again, each key has the same value or is absent: the
 * API server drops a second value that differs.
 */
export function annotateMutation(decided: Decided): Annotations {
  const { outcome } = decided;
  return { mode: outcome.mode, ...classAnnotation(decided), ...fieldsAnnotation('changes', outcome) };
}

function describeImage({ verdict }: AssessedContainer): string {
  if (verdict.kind === 'unknown') return `${verdict.kind}/${verdict.reason}`;
  return 'flavour' in verdict ? `${verdict.kind}/${verdict.flavour}` : verdict.kind;
}

function describeImages(containers: readonly AssessedContainer[]): string {
  return containers
    .map((assessed) => {
      const { container, isSkipped } = assessed;
      const what = isSkipped ? 'skipped' : `${describeImage(assessed)}${formatStaleness(assessed)}`;
      return `${container.name}=${what}`;
    })
    .join(', ');
}

function describeResult({ outcome, isBinding }: Decided): string {
  const { denials, withheld } = outcome;
  if (denials.length > 0) return isBinding ? 'denied' : 'warned';
  if (withheld.denials.length > 0) return 'would-deny';
  return withheld.changes.length > 0 ? 'would-change' : 'allowed';
}

function idsOf(findings: Decided['decision']['findings']): string {
  return [...new Set(findings.map(({ id }) => id))].join(' ');
}

/** Returns what `/validate` writes into the audit log: the whole decision in short. */
export function annotateValidation(decided: Decided): Annotations {
  const { outcome, decision, containers } = decided;
  const result = describeResult(decided);
  const findings = idsOf(decision.findings);
  const excepted = idsOf(decision.findings.filter(({ action }) => action === 'excepted'));
  return {
    mode: outcome.mode,
    outcome: result,
    ...classAnnotation(decided),
    ...(result === 'would-change' ? fieldsAnnotation(result, outcome.withheld) : {}),
    ...(containers.length === 0 ? {} : { images: describeImages(containers) }),
    ...(findings === '' ? {} : { findings }),
    ...(excepted === '' ? {} : { excepted }),
  };
}

/** Admits an object that wasmgate does not judge, with a warning if it is broken. */
export function answerNotJudged({ subject, reason }: NotJudged, kind: string): Answer {
  if (subject === 'none') return allowed();
  const warnings = [`wasmgate: this ${kind} was not judged: ${reason}`];
  return allowed({ warnings, auditAnnotations: { outcome: 'not-judged' } });
}

/** Admits an object that the use case skipped, with its notes. */
export function answerSkipped(reason: string, notes: readonly string[]): Answer {
  const warnings = notes.map((note) => `wasmgate: ${note}`);
  return allowed({ warnings, auditAnnotations: { outcome: 'skipped', skipped: reason } });
}

/** Denies the object if a binding finding does; warns in any case. */
export function answerDecided(decided: Decided, subject: Subject): Answer {
  const remarks = {
    warnings: describeWarnings(decided, subject),
    auditAnnotations: annotateValidation(decided),
  };
  const { denials } = decided.outcome;
  return decided.isBinding && denials.length > 0
    ? denied(describeDenial(denials), remarks)
    : allowed(remarks);
}
