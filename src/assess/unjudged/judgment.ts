import { cutMiddleToBytes } from '../../lib/bound-text.ts';
import type { RatedFinding } from '../../policy/decision.ts';
import { describeContainer } from '../../policy/describe.ts';
import type { DecidedAssessment } from '../assessment.ts';
import type { ObjectEvent } from '../ports.ts';
import { describeRecreation } from './recreation.ts';
import type { OwnerConsequence, UnjudgedOwner } from './unjudged-owner.ts';

/** What an owner's images mean for its existing Pods, now that they are known. */
export interface Judgment {
  readonly consequence: Exclude<OwnerConsequence, 'pending'>;
  readonly reason: ObjectEvent['reason'];
  readonly what: string;
  readonly fix: string;
}

const EVENT_LIMITS = {
  /** Bytes of a whole message (kubernetes/events.ts). The problem may be truncated, but not the fix at the end. */
  bytes: 1024,
  /** Bytes kept of the problem, however long the fix is. */
  leastBytes: 128,
} as const;

const CHOSEN_CLASS = 'a chosen class';

function reportKey({ id, container }: RatedFinding): string {
  return `${id} ${container ?? ''}`;
}

/** Returns what an admission reported, so that no Event repeats it. */
export function reportsOf({ decision }: DecidedAssessment): readonly string[] {
  const denials = decision.findings.filter(({ action }) => action === 'deny').map(reportKey);
  return decision.runtimeClass.origin === 'chosen' ? [...denials, CHOSEN_CLASS] : denials;
}

/** Returns why the Pod would have been denied. `judgeClass` describes a missing class. */
function judgeDenial({ reported }: UnjudgedOwner, { decision }: DecidedAssessment): Judgment | null {
  const denial = decision.findings.find(
    (finding) =>
      finding.action === 'deny' &&
      finding.id !== 'wasm-image-without-runtime-class' &&
      !reported.includes(reportKey(finding)),
  );
  if (denial === undefined) return null;
  const { id, detail, advice: fix } = denial;
  const what = `wasmgate/${id}: ${detail.replace(/\.$/, '')}`;
  return { consequence: 'would-be-denied', reason: 'WouldHaveBeenRefused', what, fix };
}

function judgeClass(owner: UnjudgedOwner, now: DecidedAssessment): Judgment | null {
  const { origin, class: chosen } = now.decision.runtimeClass;
  const wasm = now.containers.find(({ verdict }) => verdict.kind === 'wasm');
  if (origin !== 'chosen' || owner.reported.includes(CHOSEN_CLASS)) return null;
  if (chosen === null || wasm === undefined) return null;
  const isInjected = now.outcome.mode !== 'audit';
  return {
    consequence: 'needs-class',
    reason: 'WasmImageWithoutRuntimeClass',
    what: `wasmgate/wasm-image-without-runtime-class: ${describeContainer(wasm)} needs RuntimeClass "${chosen.name}", and the class of a Pod cannot be set later`,
    fix: isInjected
      ? describeRecreation(owner)
      : `Set spec.runtimeClassName: ${chosen.name} in the Pod's manifest or template.`,
  };
}

/** Returns null if the Pods are fine as they were admitted. */
export function judgeLate(owner: UnjudgedOwner, now: DecidedAssessment): Judgment | null {
  return judgeDenial(owner, now) ?? judgeClass(owner, now);
}

/** Returns an Event for the Pod, preceded by one for its owner if it has one. */
export function describeJudgment(owner: UnjudgedOwner, judgment: Judgment): readonly ObjectEvent[] {
  const { namespace, reference, pod } = owner;
  const { reason, what, fix } = judgment;
  const eventOn = (regarding: ObjectEvent['regarding'], who: string): ObjectEvent => {
    const [head, tail] = [`Known only after ${who} admitted: `, `. ${fix}`];
    const left = EVENT_LIMITS.bytes - Buffer.byteLength(head) - Buffer.byteLength(tail);
    const shown = cutMiddleToBytes(what, Math.max(left, EVENT_LIMITS.leastBytes));
    return { namespace, regarding, reason, message: `${head}${shown}${tail}` };
  };
  const onPod = eventOn({ apiVersion: 'v1', kind: 'Pod', ...pod }, 'this Pod was');
  if (reference.uid === pod.uid) return [onPod];
  return [eventOn(reference, `Pods of this ${reference.kind}, such as "${pod.name}", were`), onPod];
}
