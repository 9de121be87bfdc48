import type { Outcome, Result } from './measured.ts';

/** The fields of a Pod that a result depends on. */
export interface PodStatus {
  readonly phase?: string;
  readonly containerStatuses?: readonly {
    readonly imageID?: string;
    readonly state?: {
      readonly waiting?: { readonly reason?: string; readonly message?: string };
      readonly running?: object;
      readonly terminated?: {
        readonly reason?: string;
        readonly message?: string;
        readonly exitCode?: number;
      };
    };
  }[];
}

/** States in which a container waits for nothing but another attempt. The kubelet names others before the first one. */
const GIVEN_UP: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerError',
  'CreateContainerConfigError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

const PULL_FAILURES: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);

const LOG = { lines: 6, characters: 240 } as const;

/** What the Linux programs of the corpus print. */
const LINUX_OUTPUT = 'a linux program';

const FINAL_PHASES: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** Reports whether the kubelet will report nothing else of this Pod and its container. The phase follows the container's state. */
export function hasSettled({ phase = '', containerStatuses = [] }: PodStatus): boolean {
  const state = containerStatuses[0]?.state;
  if (state?.terminated !== undefined) return FINAL_PHASES.has(phase);
  return GIVEN_UP.has(state?.waiting?.reason ?? '') && state?.waiting?.message !== undefined;
}

/** The kubelet reports no state of a container whose sandbox it cannot create. */
const NO_SANDBOX = 'Failed to create pod sandbox';

/**
 * Says what a Pod still waits for. Returns null if it has a result: it has settled, its container runs and has printed something,
 * or it gets no sandbox.
 * @param event the Pod's last warning, otherwise ''
 */
export function whyUnfinished(status: PodStatus, log: string, event: string): string | null {
  if (hasSettled(status) || event.includes(NO_SANDBOX)) return null;
  const { waiting, running, terminated } = status.containerStatuses?.[0]?.state ?? {};
  if (terminated !== undefined) return `its phase is "${status.phase}" although its container has ended`;
  if (running === undefined) return `its container waits: ${waiting?.reason ?? 'no state'}. ${event}`.trim();
  return log === '' ? 'its container runs and has printed nothing' : null;
}

/** Replaces what differs between two records of the same node, in this order. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/Back-off pulling image "[^"]*": ErrImagePull: /g, ''],
  [/\b(?:127\.0\.0\.1|\[::1\]|localhost|198\.18(?:\.\d+){2}):\d+/g, 'REGISTRY'],
  [/sha256:[\da-f]{64}/g, 'sha256:DIGEST'],
  [/\b[\da-f]{64}\b/g, 'ID'],
  [/\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/g, 'UID'],
  [/\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?\]?\s*/g, ''],
  [/0x[\da-f]{6,}/g, 'ADDRESS'],
  [/\b(pid|process|thread)(s? )\d+/gi, '$1$2N'],
];

function stable(text: string): string {
  return VARYING.reduce((result, [pattern, word]) => result.replaceAll(pattern, word), text).trim();
}

/** Sorts the lines and returns the first: a log mixes standard output and standard error in no certain order. */
function firstLines(log: string): readonly string[] {
  const lines = log.split('\n').map(stable);
  return lines
    .filter((line) => line !== '')
    .toSorted()
    .slice(0, LOG.lines)
    .map((line) => line.slice(0, LOG.characters));
}

function outcomeOf(reason: string, exitCode: number | null, log: string): Outcome {
  if (PULL_FAILURES.has(reason)) return 'not-pulled';
  if (exitCode === null || reason === 'StartError' || reason === 'ContainerCannotRun') return 'rejected';
  if (exitCode !== 0 || log === '') return 'failed';
  return log.includes(LINUX_OUTPUT) ? 'linux' : 'ran';
}

/**
 * Describes how a Pod with one container ended, or that it runs.
 * @param event the last warning about a Pod whose container never got a state of its own, otherwise ''
 */
export function describeResult(status: PodStatus, log: string, event: string): Result {
  const state = status.containerStatuses?.[0]?.state;
  const { terminated, waiting, running } = state ?? {};
  const word = terminated?.reason ?? waiting?.reason ?? (running === undefined ? 'Pending' : 'Running');
  const reason = word === 'ImagePullBackOff' ? 'ErrImagePull' : word;
  const exitCode = terminated?.exitCode ?? null;
  const isRunning = running !== undefined && log !== '';
  const outcome = isRunning ? 'ran' : outcomeOf(reason, exitCode, log);
  const message = stable(terminated?.message ?? waiting?.message ?? event);
  return {
    outcome,
    pulled: outcome !== 'not-pulled',
    phase: status.phase ?? '',
    reason,
    exitCode,
    message,
    log: firstLines(log),
  };
}
