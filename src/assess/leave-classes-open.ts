import { whenKnown } from '../lib/maybe-promise.ts';
import type { FindingId } from '../policy/finding-catalog.ts';
import { applyMode } from '../policy/mode.ts';
import type { Assessment, AssessmentRequest, AssessPod } from './assessment.ts';

/** Findings that say no more than that a class is not among those known. */
export const ABOUT_CLASSES: ReadonlySet<FindingId> = new Set<FindingId>([
  'runtime-class-missing',
  'no-runtime-class-for-image',
]);

/** New images meet the class that the Pod has; at creation a finding speaks of one that is not known. */
function isMetByUnknownClass({ previous, pod }: AssessmentRequest): boolean {
  return previous !== undefined && Boolean(pod.spec.runtimeClassName);
}

function leaveOpen(assessment: Assessment, request: AssessmentRequest): Assessment {
  if (assessment.kind === 'skipped') return assessment;
  const { precedent: _, ...decided } = assessment;
  const findings = decided.decision.findings.filter(({ id }) => !ABOUT_CLASSES.has(id));
  const isSilenced = findings.length < decided.decision.findings.length;
  if (!isSilenced && !isMetByUnknownClass(request)) return assessment;
  const decision = { ...decided.decision, findings };
  const { mode, isSilent } = decided.outcome;
  const outcome = applyMode(decision, mode, { warnInAudit: !isSilent });
  return { ...decided, decision, outcome, hangsOnClasses: true };
}

/**
 * Judges where nobody has said which RuntimeClasses there are. That is not the same as that there are none: what hangs on
 * them is left open, and all the rest is decided.
 */
export function leaveClassesOpen(assess: AssessPod): AssessPod {
  return (request) => whenKnown(assess(request), (assessment) => leaveOpen(assessment, request));
}
