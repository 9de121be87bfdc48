import {
  createDeadline,
  type Assessment,
  type AssessPod,
  type DecidedAssessment,
} from '../../assess/assessment.ts';
import { AppError } from '../../lib/errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { parsePointer } from '../../pod/json-pointer.ts';
import { metadataText } from '../../pod/object-metadata.ts';
import { isFinishedPod, startedContainers } from '../../pod/pod-status.ts';
import { readPod, type Pod } from '../../pod/pod.ts';
import type { Change, RatedFinding } from '../../policy/decision.ts';
import { describeClass, describeContainer, describeImage } from '../../policy/describe.ts';
import { isWasmContainer } from '../../policy/facts.ts';
import type { FindingId } from '../../policy/finding-catalog.ts';
import type { Installation } from '../audit-report.ts';
import { REVIEW_LIMITS } from '../judge-subjects.ts';

/** What a Pod that exists lacks, in words that follow the number of Pods which lack the same. */
export interface Lack {
  readonly id: FindingId;
  readonly severity: RatedFinding['severity'];
  readonly action: RatedFinding['action'];
  readonly container: string | null;
  /** What they do: `["runs …", "run …"]`, for one Pod and for several. */
  readonly predicate: readonly [one: string, several: string];
  readonly detail: string;
  /** Empty if recreating the Pods is all there is to do. */
  readonly advice: string;
  /** True if Pods that are created again have what these lack, as far as is known. */
  readonly endsByRecreation: boolean;
}

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

interface Judging {
  readonly assessment: DecidedAssessment;
  readonly installation: Installation;
}

/** Says how to set what wasmgate sets in new Pods, unless it is certain to do so. */
function adviseToSet(
  setting: string,
  { assessment: { outcome }, installation }: Judging,
): Pick<Lack, 'advice' | 'endsByRecreation'> {
  const where = "in the Pod's manifest or template";
  if (outcome.mode === 'audit') return { advice: `Set ${setting} ${where}.`, endsByRecreation: false };
  switch (installation) {
    case 'not-installed':
      return { advice: `Set ${setting} ${where}, or install wasmgate.`, endsByRecreation: false };
    case 'unknown':
      return {
        advice: `Unless wasmgate is installed, set ${setting} ${where}.`,
        endsByRecreation: true,
      };
    case 'installed':
      return { advice: '', endsByRecreation: true };
  }
}

/** Describes the class that the Pod was created without. */
function missingClass({ id, severity, action }: RatedFinding, judging: Judging): Lack {
  const { containers, decision } = judging.assessment;
  const name = decision.runtimeClass.class?.name ?? '';
  const wasm = containers.find(isWasmContainer);
  const what = wasm === undefined ? 'it' : describeImage(wasm);
  return {
    id,
    severity,
    action,
    container: wasm?.container.name ?? null,
    predicate: ['runs without the class it needs', 'run without the class they need'],
    detail: `${what} and needs RuntimeClass "${name}"`,
    ...adviseToSet(`runtimeClassName: ${name}`, judging),
  };
}

const PREDICATES: Partial<Readonly<Record<FindingId, Lack['predicate']>>> = {
  'handler-cannot-run-image': [
    'runs under a class that cannot run it',
    'run under a class that cannot run them',
  ],
  'runtime-class-missing': [
    'runs under a class that no longer exists',
    'run under a class that no longer exists',
  ],
};

const FAILS: Lack['predicate'] = ['cannot run', 'cannot run'];
const MAY_FAIL: Lack['predicate'] = ['may not run', 'may not run'];

function lackOf(finding: RatedFinding, judging: Judging): Lack {
  const { id, severity, action, container, detail, advice } = finding;
  if (id === 'wasm-image-without-runtime-class') return missingClass(finding, judging);
  const predicate = action === 'warn' ? MAY_FAIL : (PREDICATES[id] ?? FAILS);
  return { id, severity, action, container, predicate, detail, advice, endsByRecreation: advice === '' };
}

/** Describes a change that the Pod needed when it was created: the annotation that crun reads, or the command of a Spin application. */
function lackOfChange({ path, value }: Change, judging: Judging): Lack {
  const { containers, decision } = judging.assessment;
  const common = { severity: 'error', action: 'deny' } as const;
  const found = containers.find((one) => path === `${one.path}/command`);
  if (found !== undefined) {
    return {
      ...common,
      id: 'command-required',
      container: found.container.name,
      predicate: ['runs without the command it needs', 'run without the command they need'],
      detail: `${describeImage(found)}, and no node starts a container without a command`,
      ...adviseToSet(`command: ${JSON.stringify(value)}`, judging),
    };
  }
  const wasm = containers.find(isWasmContainer);
  const who = wasm === undefined ? 'the container' : describeContainer(wasm);
  return {
    ...common,
    id: 'handler-cannot-run-image',
    container: wasm?.container.name ?? null,
    predicate: ['runs without the annotation it needs', 'run without the annotation they need'],
    detail: `${describeClass(decision.runtimeClass.class)} starts ${who} as a Linux program`,
    ...adviseToSet(`annotation ${parsePointer(path).at(-1) ?? ''}: ${String(value)}`, judging),
  };
}

/** Softens what the Pod's own state disproves, such as when the nodes' default runtime runs Wasm. */
function soften(lack: Lack): Lack {
  const [one, several] = lack.predicate;
  return {
    ...lack,
    severity: 'warning',
    action: lack.action === 'deny' ? 'warn' : lack.action,
    predicate: [`is ready, although it ${one}`, `are ready, although they ${several}`],
  };
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
