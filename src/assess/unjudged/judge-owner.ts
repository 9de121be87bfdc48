import type { UnknownReason } from '../../detect/verdict.ts';
import type { ImageAnswer, ImageFailure, ImageQuestion } from '../../images/image-answer.ts';
import type { ImageCatalog } from '../../images/image-catalog.ts';
import { isPassing } from '../../images/image-failure.ts';
import type { Pod } from '../../pod/pod.ts';
import type { AssessedContainer } from '../../policy/facts.ts';
import type { AssessPod } from '../assessment.ts';
import { createDeadline } from '../deadline.ts';
import type { ClusterPort, EventsPort, StoredPodsPort } from '../ports.ts';
import { describeJudgement, judgeLate, type Judgement } from './describe-judgement.ts';
import type { UnjudgedOwner } from './unjudged-owner.ts';

export interface JudgeDeps {
  readonly assess: AssessPod;
  readonly catalog: ImageCatalog;
  readonly cluster: Pick<ClusterPort, 'view'>;
  readonly pods: StoredPodsPort;
  readonly events: EventsPort;
}

const JUDGE_LIMITS = {
  /** A look-up ends after 30 s (catalog-defaults.ts), a look inside the image likewise. */
  lookUpMilliseconds: 45_000,
  /** A Pod is stored after our answer, when other webhooks have answered, too: some 10 s in all, then it never was. */
  storedMilliseconds: 20_000,
  /** Of one owner: the Pod itself has the others. */
  maxImages: 8,
} as const;

/** Reasons that may pass by themselves, or that somebody may mend. The others are what the Pod or the configuration says. */
const FOLLOWED: ReadonlySet<UnknownReason> = new Set([
  'timeout',
  'unreachable',
  'rate-limited',
  'tls',
  'unauthorized',
  'not-found',
]);

/** Returns the images that were not read at an admission and may be read later. */
export function imagesToFollow(containers: readonly AssessedContainer[]): readonly string[] {
  const images = containers.flatMap(({ verdict, image, isSkipped }) =>
    verdict.kind === 'unknown' && !isSkipped && FOLLOWED.has(verdict.reason) ? [image] : [],
  );
  return [...new Set(images)].slice(0, JUDGE_LIMITS.maxImages);
}

export type JudgeResult =
  /** Passing: not for want of a login or of the image. */
  | { readonly kind: 'unreadable'; readonly owner: UnjudgedOwner; readonly isPassing: boolean }
  /** The Pod is not stored yet, or the API server is in trouble. */
  | { readonly kind: 'later'; readonly owner: UnjudgedOwner }
  | { readonly kind: 'judged'; readonly owner: UnjudgedOwner }
  /** Its Pods are fine, or are no more. */
  | { readonly kind: 'done' };

export function questionsOf(
  { images, namespace, pullSecrets }: UnjudgedOwner,
  { cluster }: Pick<JudgeDeps, 'cluster'>,
): readonly ImageQuestion[] {
  const { architectures } = cluster.view();
  return images.map((image) => ({ image, namespace, pullSecrets, architectures }));
}

/** The scheduler's choice of a node says nothing of where the Pod could have run. */
function asAdmitted(pod: Pod, { isBound }: UnjudgedOwner): Pod {
  return isBound ? pod : { ...pod, spec: { ...pod.spec, nodeName: null } };
}

/** The Pod is gone: the newest stands in, and a Pod that was just admitted may not be stored yet. */
function withoutPod(owner: UnjudgedOwner): JudgeResult {
  if (owner.newest.uid !== owner.pod.uid) return { kind: 'later', owner: { ...owner, pod: owner.newest } };
  const isNew = performance.now() - owner.admittedAt < JUDGE_LIMITS.storedMilliseconds;
  return isNew ? { kind: 'later', owner } : { kind: 'done' };
}

/** Judges an owner by one of its Pods, which is read anew, as soon as all its images are known. */
export function createJudgeOwner(deps: JudgeDeps) {
  const { assess, catalog, pods, events } = deps;

  async function readImages(owner: UnjudgedOwner): Promise<readonly ImageFailure[]> {
    const asked = questionsOf(owner, deps).map(
      async (question): Promise<ImageAnswer> =>
        catalog.recall(question) ??
        catalog.ask(question, AbortSignal.timeout(JUDGE_LIMITS.lookUpMilliseconds)),
    );
    return (await Promise.all(asked)).filter((answer) => answer.kind === 'failure');
  }

  /** Null if the Pod is gone, or another one has its name. */
  async function readPod({ namespace, pod }: UnjudgedOwner, signal: AbortSignal): Promise<Pod | null> {
    const stored = await pods.read(namespace, pod.name, signal);
    return stored?.metadata?.uid === pod.uid ? stored : null;
  }

  async function report(
    owner: UnjudgedOwner,
    judgement: Judgement,
    signal: AbortSignal,
  ): Promise<JudgeResult> {
    await Promise.all(describeJudgement(owner, judgement).map((event) => events.write(event, signal)));
    return { kind: 'judged', owner: { ...owner, consequence: judgement.consequence } };
  }

  async function judge(owner: UnjudgedOwner, signal: AbortSignal): Promise<JudgeResult> {
    // A Pod that was denied by others, or is gone, must not have registries asked for a day.
    if (owner.next.failures > 0 && (await readPod(owner, signal)) === null) return withoutPod(owner);
    const failures = await readImages(owner);
    if (failures.length > 0) return { kind: 'unreadable', owner, isPassing: failures.every(isPassing) };
    const pod = await readPod(owner, signal);
    if (pod === null) return withoutPod(owner);
    const now = await assess({
      subject: 'pod',
      pod: asAdmitted(pod, owner),
      namespace: owner.namespace,
      step: 'validate',
      deadline: createDeadline(JUDGE_LIMITS.lookUpMilliseconds),
    });
    if (now.kind === 'skipped') return { kind: 'done' };
    const images = imagesToFollow(now.containers);
    if (images.length > 0) return { kind: 'unreadable', owner: { ...owner, images }, isPassing: true };
    const judgement = judgeLate(owner, now);
    return judgement === null ? { kind: 'done' } : report(owner, judgement, signal);
  }

  /** Whether the Pod that was reported is still there. */
  async function check(owner: UnjudgedOwner, signal: AbortSignal): Promise<JudgeResult> {
    return (await readPod(owner, signal)) === null ? withoutPod(owner) : { kind: 'judged', owner };
  }

  return (owner: UnjudgedOwner, signal: AbortSignal): Promise<JudgeResult> =>
    owner.consequence === 'pending' ? judge(owner, signal) : check(owner, signal);
}
