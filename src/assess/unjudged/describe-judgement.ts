import type { RatedFinding } from '../../policy/decision.ts';
import { describeContainer } from '../../policy/describe.ts';
import type { DecidedAssessment } from '../assessment.ts';
import type { ObjectEvent } from '../ports.ts';
import { describeCure } from './describe-cure.ts';
import type { OwnerConsequence, UnjudgedOwner } from './unjudged-owner.ts';

/** What the images, now that they are known, mean for Pods that run already. */
export interface Judgement {
  readonly consequence: Exclude<OwnerConsequence, 'pending'>;
  readonly reason: ObjectEvent['reason'];
  /** What follows from the images. */
  readonly what: string;
  /** What to do about it. */
  readonly cure: string;
}

const CHOSEN_CLASS = 'a chosen class';

function reportKey({ id, container }: RatedFinding): string {
  return `${id} ${container ?? ''}`;
}

/** Returns what an admission reported, so that no Event repeats it. */
export function reportsOf({ decision }: DecidedAssessment): readonly string[] {
  const denials = decision.findings.filter(({ action }) => action === 'deny').map(reportKey);
  return decision.runtimeClass.origin === 'chosen' ? [...denials, CHOSEN_CLASS] : denials;
}

/** Why the Pod would have been denied. A missing class has words of its own. */
function judgeDenial({ reported }: UnjudgedOwner, { decision }: DecidedAssessment): Judgement | null {
  const denial = decision.findings.find(
    (finding) =>
      finding.action === 'deny' &&
      finding.id !== 'wasm-image-without-runtime-class' &&
      !reported.includes(reportKey(finding)),
  );
  if (denial === undefined) return null;
  const { detail: what, advice: cure } = denial;
  return { consequence: 'would-be-denied', reason: 'WouldHaveBeenRefused', what, cure };
}

function judgeClass(owner: UnjudgedOwner, now: DecidedAssessment): Judgement | null {
  const { origin, class: chosen } = now.decision.runtimeClass;
  const wasm = now.containers.find(({ verdict }) => verdict.kind === 'wasm');
  if (origin !== 'chosen' || owner.reported.includes(CHOSEN_CLASS)) return null;
  if (chosen === null || wasm === undefined) return null;
  const isInjected = now.outcome.mode !== 'audit';
  return {
    consequence: 'needs-class',
    reason: 'WasmImageWithoutRuntimeClass',
    what: `${describeContainer(wasm)} needs RuntimeClass "${chosen.name}", and the class of a Pod cannot be set later`,
    cure: isInjected
      ? describeCure(owner)
      : `Set spec.runtimeClassName: ${chosen.name} where the Pod is written.`,
  };
}

/** Returns null if the Pods are fine as they were admitted. */
export function judgeLate(owner: UnjudgedOwner, now: DecidedAssessment): Judgement | null {
  return judgeDenial(owner, now) ?? judgeClass(owner, now);
}

/** One Event on the Pod, and before it one on its owner. */
export function describeJudgement(owner: UnjudgedOwner, judgement: Judgement): readonly ObjectEvent[] {
  const { namespace, reference, pod } = owner;
  const { reason, what, cure } = judgement;
  const write = (regarding: ObjectEvent['regarding'], who: string): ObjectEvent => ({
    namespace,
    regarding,
    reason,
    message: `Known only after ${who} admitted: ${what}. ${cure}`,
  });
  const onPod = write({ apiVersion: 'v1', kind: 'Pod', ...pod }, 'this Pod was');
  if (reference.uid === pod.uid) return [onPod];
  return [write(reference, `Pods of this ${reference.kind}, such as "${pod.name}", were`), onPod];
}
