import { describeContainer } from '../policy/describe.ts';
import type { Assessment, AssessmentRequest, AssessPod, DecidedAssessment } from './assessment.ts';
import { createDeadline } from './deadline.ts';
import { whenKnown } from './eventually.ts';
import { weigh } from './images/weigh.ts';
import type { EventsPort, Logger, PodEvent } from './ports.ts';

const DEFAULTS = {
  /** A look-up ends after 30 s (catalog-defaults.ts); the rest is for a look inside the image. */
  waitMilliseconds: 45_000,
  /** Each holds its Pod in memory, usually 10 KiB. */
  maxWaiting: 32,
  /** Of all these Pods: the API server takes 3 MiB for one, which are ten times as much in memory. */
  maxBytes: 16 * 1024 * 1024,
} as const;

interface LateFindingsDeps {
  readonly assess: AssessPod;
  readonly events: EventsPort;
  readonly logger: Logger;
  /** Told of each Pod for which there was no room. */
  readonly onDropped?: (() => void) | undefined;
}

export type LateFindingsOptions = { readonly [Key in keyof typeof DEFAULTS]?: number };

/** A Pod under the name and uid that the validating call knows before it is stored. */
interface AdmittedPod {
  readonly name: string;
  readonly uid: string;
}

/** What is being created for good; a dry run stores nothing that could be told of. */
function podToBeStored(request: AssessmentRequest): AdmittedPod | null {
  const { subject, step, previous, isDryRun, pod } = request;
  if (subject !== 'pod' || step !== 'validate' || previous !== undefined || isDryRun === true) return null;
  const { name = '', uid = '' } = pod.metadata ?? {};
  return name === '' || uid === '' ? null : { name, uid };
}

function isAdmittedUnseen(assessment: Assessment): assessment is DecidedAssessment {
  return (
    assessment.kind === 'decided' &&
    assessment.outcome.refusals.length === 0 &&
    assessment.containers.some(({ verdict }) => verdict.kind === 'unknown' && verdict.reason === 'timeout')
  );
}

function bytesOf(waiting: ReadonlyMap<string, number>): number {
  return [...waiting.values()].reduce((sum, bytes) => sum + bytes, 0);
}

type Told = Pick<PodEvent, 'reason' | 'message'>;

/** Why the Pod would have been refused, had its images been known; its class that is missing is told in other words. */
function tellRefusal(before: DecidedAssessment, now: DecidedAssessment): Told | null {
  const refusal = now.decision.findings.find(
    ({ id, action, container }) =>
      action === 'deny' &&
      id !== 'wasm-image-without-runtime-class' &&
      !before.decision.findings.some((told) => told.id === id && told.container === container),
  );
  if (refusal === undefined) return null;
  const message = `Known only after this Pod was admitted: ${refusal.detail}. ${refusal.advice}`;
  return { reason: 'WouldHaveBeenRefused', message };
}

function tellClass(before: DecidedAssessment, now: DecidedAssessment): Told | null {
  const { origin, class: chosen } = now.decision.runtimeClass;
  const wasm = now.containers.find(({ verdict }) => verdict.kind === 'wasm');
  if (origin !== 'chosen' || before.decision.runtimeClass.origin === 'chosen') return null;
  if (chosen === null || wasm === undefined) return null;
  const advice =
    now.outcome.mode === 'audit'
      ? `Delete it, and set spec.runtimeClassName: ${chosen.name} in the new one.`
      : 'Delete it: a new one gets its class, since the image is known now.';
  const message =
    `Known only after this Pod was admitted: ${describeContainer(wasm)} needs RuntimeClass "${chosen.name}", ` +
    `and the class of a Pod cannot be set later. ${advice}`;
  return { reason: 'WasmImageWithoutRuntimeClass', message };
}

/**
 * Assesses as `assess` does. Where a Pod was admitted although a registry had not answered in time, it is assessed once more when
 * the look-up that goes on has ended; an Event on the Pod tells what came too late. The answer to the admission waits for
 * none of this.
 */
export function createLateFindings(deps: LateFindingsDeps, options: LateFindingsOptions = {}): AssessPod {
  const { assess, events, logger, onDropped } = deps;
  const { waitMilliseconds, maxWaiting, maxBytes } = { ...DEFAULTS, ...options };
  /** By uid, with the memory that each takes. */
  const waiting = new Map<string, number>();
  let dropped = 0;

  async function follow(request: AssessmentRequest, pod: AdmittedPod, before: DecidedAssessment) {
    try {
      const now = await assess({ ...request, deadline: createDeadline(waitMilliseconds) });
      if (now.kind === 'skipped') return;
      const told = tellRefusal(before, now) ?? tellClass(before, now);
      if (told !== null) events.emit({ namespace: request.namespace, ...pod, ...told });
    } catch (error) {
      logger.error({ err: error, namespace: request.namespace, pod: pod.name }, 'late look at a Pod failed');
    } finally {
      waiting.delete(pod.uid);
    }
  }

  function followLater(request: AssessmentRequest, before: DecidedAssessment): void {
    const pod = podToBeStored(request);
    if (pod === null || waiting.has(pod.uid)) return;
    const bytes = weigh(request.pod);
    if (waiting.size >= maxWaiting || bytesOf(waiting) + bytes > maxBytes) {
      dropped += 1;
      onDropped?.();
      return;
    }
    if (dropped > 0) logger.warn({ pods: dropped }, 'too many Pods with late images; some were not followed');
    dropped = 0;
    waiting.set(pod.uid, bytes);
    void follow(request, pod, before);
  }

  return (request) =>
    whenKnown(assess(request), (assessment) => {
      if (isAdmittedUnseen(assessment)) followLater(request, assessment);
      return assessment;
    });
}
