import type { Logger } from '../../lib/logger.ts';
import type { Assessment, AssessmentRequest, DecidedAssessment } from '../assessment.ts';
import { pullSecretsOf } from '../read-images.ts';
import { reportsOf } from './describe-judgement.ts';
import { imagesToFollow, type JudgeDeps } from './judge-owner.ts';
import { createOwnerMemory, type OwnerMemory, type OwnerMemoryOptions } from './owner-memory.ts';
import { ownerOf } from './owner-of-pod.ts';
import { createRejudgeOwners, type RejudgeOptions } from './rejudge-owners.ts';
import { ownerKey, type NextTry, type UnjudgedOwner } from './unjudged-owner.ts';

interface UnjudgedDeps extends JudgeDeps {
  readonly logger: Logger;
  /** Called for each owner for which there was no room. */
  readonly onDropped?: (() => void) | undefined;
}

export type UnjudgedOptions = OwnerMemoryOptions & RejudgeOptions;

/** Remembers what was admitted without a decision. */
export interface UnjudgedAdmissions {
  /** To be called with each assessment, once it is answered. */
  readonly note: (request: AssessmentRequest, assessment: Assessment) => void;
  readonly pods: OwnerMemory['pods'];
}

const AT_ONCE: NextTry = { failures: 0, dueAt: 0, isForImages: true };

/** Whether it is a Pod about to be created for good. Nothing is stored of a dry run, and an update has its Pod already. */
function isCreated({ subject, step, previous, isDryRun }: AssessmentRequest): boolean {
  return subject === 'pod' && step === 'validate' && previous === undefined && isDryRun !== true;
}

function describeOwner(
  { pod, namespace }: AssessmentRequest,
  assessment: DecidedAssessment,
  images: readonly string[],
): UnjudgedOwner | null {
  const owner = ownerOf(pod);
  if (owner === null) return null;
  const { name = '', uid = '' } = pod.metadata ?? {};
  return {
    ...owner,
    namespace,
    pod: { name, uid },
    newest: { name, uid },
    isBound: Boolean(pod.spec.nodeName),
    images,
    pullSecrets: pullSecretsOf(pod),
    reported: reportsOf(assessment),
    pods: 1,
    admittedAt: performance.now(),
    consequence: 'pending',
    next: AT_ONCE,
  };
}

/** The owner with one Pod more. Pods of other images than before, as after a changed template, stand for all from then on. */
function withPod(known: UnjudgedOwner, found: UnjudgedOwner): UnjudgedOwner {
  const pods = known.pods + (known.newest.uid === found.newest.uid ? 0 : 1);
  const { newest, admittedAt } = found;
  const isOther = found.images.some((image) => !known.images.includes(image));
  return isOther ? { ...found, pods } : { ...known, newest, admittedAt, pods };
}

/**
 * Remembers the owners of Pods that were admitted although an image could not be read, and judges them later: an Event on the
 * owner and one on the Pod report what the admission could not. No admission waits for this.
 */
export function createUnjudgedAdmissions(
  deps: UnjudgedDeps,
  options: UnjudgedOptions,
  signal: AbortSignal,
): UnjudgedAdmissions {
  const { logger, onDropped } = deps;
  let dropped = 0;
  const memory = createOwnerMemory(() => {
    // The first line is enough: the metric has the count.
    if (dropped === 0) logger.warn({}, 'too many owners of unjudged Pods; the newest are not followed');
    dropped += 1;
    onDropped?.();
  }, options);
  const { wake } = createRejudgeOwners({ ...deps, memory }, options, signal);

  function note(request: AssessmentRequest, assessment: Assessment): void {
    if (assessment.kind !== 'decided' || !isCreated(request)) return;
    // Nearly every admission ends here.
    if (assessment.containers.every(({ verdict }) => verdict.kind !== 'unknown')) return;
    if (assessment.outcome.refusals.length > 0) return;
    const images = imagesToFollow(assessment.containers);
    const found = images.length === 0 ? null : describeOwner(request, assessment, images);
    if (found === null) return;
    const known = memory.get(ownerKey(found));
    memory.put(known === undefined ? found : withPod(known, found));
    wake();
  }

  return { note, pods: memory.pods };
}
