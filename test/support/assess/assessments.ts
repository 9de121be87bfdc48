import type { AssessPod, AssessmentRequest, DecidedAssessment } from '../../../src/assess/assessment.ts';
import type { Change, ClassOrigin, RatedFinding } from '../../../src/policy/decision.ts';
import { applyMode, type Mode } from '../../../src/policy/mode.ts';

export const WASMTIME = {
  name: 'wasmtime',
  handler: 'wasmtime',
  overhead: null,
  nodeSelector: null,
  tolerations: null,
};

export const CANNOT_RUN: RatedFinding = {
  id: 'handler-cannot-run-image',
  container: 'app',
  detail: 'container "app" is a Spin application, which RuntimeClass "wasmtime" cannot run',
  advice: 'Name RuntimeClass "wasmtime-spin-v2".',
  severity: 'error',
  consequence: 'cannot-start',
  action: 'deny',
};

export const ON_NO_NODE: RatedFinding = {
  id: 'handler-on-no-node',
  container: null,
  detail: 'no node offers handler "wasmtime"',
  advice: 'Install the shim.',
  severity: 'warning',
  consequence: 'may-not-start',
  action: 'warn',
};

export const SET_CLASS: Change = {
  op: 'add',
  path: '/spec/runtimeClassName',
  value: 'wasmtime',
  reason: 'chosen',
};

export interface DecidedParts {
  readonly mode?: Mode;
  readonly findings?: readonly RatedFinding[];
  readonly changes?: readonly Change[];
  readonly containers?: DecidedAssessment['containers'];
  readonly notes?: readonly string[];
  readonly origin?: ClassOrigin;
  readonly isBinding?: boolean;
  readonly warnInAudit?: boolean;
}

/** Returns an assessment like the use case's, with the real mode applied. */
export function decided(parts: DecidedParts = {}): DecidedAssessment {
  const { mode = 'enforce', findings = [], changes = [], origin = 'chosen', warnInAudit = true } = parts;
  const decision = {
    findings,
    changes,
    runtimeClass: { class: origin === 'none' ? null : WASMTIME, origin },
  };
  return {
    kind: 'decided',
    decision,
    outcome: applyMode(decision, mode, { warnInAudit }),
    isBinding: parts.isBinding ?? true,
    containers: parts.containers ?? [],
    notes: parts.notes ?? [],
  };
}

/** Returns a use case with a constant result, and the requests that it got. */
export function answering(assessment: Awaited<ReturnType<AssessPod>>) {
  const asked: AssessmentRequest[] = [];
  const assess: AssessPod = (request) => {
    asked.push(request);
    return Promise.resolve(assessment);
  };
  return { assess, asked };
}
