import {
  createDeadline,
  type Assessment,
  type AssessPod,
  type DecidedAssessment,
} from '../../assess/assessment.ts';
import { AppError } from '../../lib/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { metadataText } from '../../pod/object-metadata.ts';
import { isFinishedPod, startedContainers } from '../../pod/pod-status.ts';
import { readPod, type Pod } from '../../pod/pod.ts';
import type { RatedFinding } from '../../policy/decision.ts';
import type { FindingId } from '../../policy/finding-catalog.ts';
import type { Installation } from '../audit-report.ts';
import { REVIEW_LIMITS } from '../judge-subjects.ts';
import { lackOf, lackOfChange, soften, type Judging, type Lack } from './lack.ts';

export type JudgedPod = LeftPod | RunningPod;

/** A Pod that is not judged. */
export interface LeftPod {
  readonly kind: 'left';
  readonly reason: string;
  readonly isBroken: boolean;
  readonly notes: readonly string[];
}

export interface RunningPod {
  readonly kind: 'running';
  readonly pod: Pod;
  readonly lacks: readonly Lack[];
  readonly assessment: DecidedAssessment;
}

/** Findings about the admission of a Pod, about its place, or about resources, which can be changed while it runs. */
const NOT_OF_RUNNING: ReadonlySet<FindingId> = new Set<FindingId>([
  'runtime-class-required',
  'image-unknown',
  'resource-tier-unknown',
  'memory-below-floor',
  'limits-conflict',
  'memory-limit-left-out',
  'slow-start-under-cpu-limit',
]);

/** Findings of a Pod with a class that say that the class has changed since: the API server compared the two at admission. */
const COMPARED_AT_ADMISSION: ReadonlySet<FindingId> = new Set<FindingId>([
  'node-selector-conflict',
  'overhead-conflict',
]);

/**
 * Returns the Pod as it would be created again. Debug containers are no part of it. The scheduler's choice of a node does not show
 * where it could have run; under a class that it has, that node alone matters.
 */
function asCreated(pod: Pod): Pod {
  const { nodeName, ...spec } = pod.spec;
  const bound = spec.runtimeClassName ? { nodeName: nodeName ?? null } : {};
  return { ...pod, spec: { ...spec, ...bound, ephemeralContainers: null } };
}

/** Reports whether a finding says something about a Pod that exists, and for certain. */
function createRelevance({ containers, decision, doubtful = [] }: DecidedAssessment) {
  const unknown = new Set<string | null>(
    containers.flatMap(({ verdict, container, isSkipped }) =>
      verdict.kind === 'unknown' && !isSkipped ? container.name : [],
    ),
  );
  const { origin } = decision.runtimeClass;
  return (finding: RatedFinding): boolean => {
    const { id, container, severity, consequence } = finding;
    return (
      !NOT_OF_RUNNING.has(id) &&
      !doubtful.includes(finding) &&
      !(origin === 'pod' && COMPARED_AT_ADMISSION.has(id)) &&
      !unknown.has(container) &&
      // What may be wrong with a class that the Pod does not have concerns new Pods.
      (severity === 'error' || (severity === 'warning' && origin !== 'chosen')) &&
      (consequence === 'cannot-start' || consequence === 'may-not-start')
    );
  };
}

/** Returns what the Pod lacks. Of a container that evidently runs, only what looked certain is worth a warning. */
function lacksOf(judging: Judging, started: ReadonlySet<string>): readonly Lack[] {
  const { assessment } = judging;
  const { containers, decision } = assessment;
  const { findings, changes, runtimeClass } = decision;
  // The class, if that is missing, says it all; and with other facts about the cluster, nothing may be missing.
  const isOpen = runtimeClass.origin === 'chosen' || assessment.hangsOn !== undefined;
  const needed = isOpen ? [] : changes.filter(({ isNeed }) => isNeed === true);
  const lacks = [
    ...needed.map((change) => lackOfChange(change, judging)),
    ...findings.filter(createRelevance(assessment)).map((finding): Lack => lackOf(finding, judging)),
  ];
  const areAllStarted = containers.every(({ container }) => started.has(container.name));
  return lacks.flatMap((lack) => {
    const hasStarted = lack.container === null ? areAllStarted : started.has(lack.container);
    if (!hasStarted) return lack;
    return lack.severity === 'error' ? soften(lack) : [];
  });
}

function leave(reason: string, notes: readonly string[] = [], isBroken = false): LeftPod {
  return { kind: 'left', reason, notes, isBroken };
}

async function assessRunning(assess: AssessPod, pod: Pod, namespace: string): Promise<Assessment> {
  return assess({
    subject: 'pod',
    pod: asCreated(pod),
    isRunning: true,
    namespace,
    step: 'validate',
    deadline: createDeadline(REVIEW_LIMITS.lookupMilliseconds),
    isDryRun: true,
  });
}

interface JudgeRunningOptions {
  /** In epoch milliseconds. */
  readonly now: number;
  readonly installation: Installation;
}

/**
 * Judges a Pod that exists: not what wasmgate would make of it, which nothing can do any more, but whether it has what its
 * containers need to run and what cannot be set later.
 * @param object from the API server, with its status
 */
export async function judgeRunning(
  assess: AssessPod,
  object: JsonObject,
  { now, installation }: JudgeRunningOptions,
): Promise<JudgedPod> {
  if (isFinishedPod(object)) return leave('it has finished');
  try {
    const pod = readPod(object);
    const assessment = await assessRunning(assess, pod, metadataText(object, 'namespace'));
    if (assessment.kind === 'skipped') return leave(assessment.reason, assessment.notes);
    const lacks = lacksOf({ assessment, installation }, startedContainers(object, now));
    return { kind: 'running', pod, lacks, assessment };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid-pod') throw error;
    return leave(error.message, [], true);
  }
}
