import { isTransient, type UnknownReason } from '../../detect/verdict.ts';
import type { ImageCatalog } from '../../images/image-catalog.ts';
import type { ImageFailure, ImageRequest, ImageResult } from '../../images/image-result.ts';
import type { Pod } from '../../pod/pod.ts';
import type { AssessedContainer } from '../../policy/facts.ts';
import { createDeadline, type AssessPod } from '../assessment.ts';
import type { ClusterPort, EventsPort, StoredPodsPort } from '../ports.ts';
import { describeJudgment, judgeLate, type Judgment } from './judgment.ts';
import type { UnjudgedOwner } from './unjudged-owner.ts';

export interface JudgeDeps {
  readonly assess: AssessPod;
  readonly catalog: Pick<ImageCatalog, 'cached' | 'poll' | 'lookUp' | 'isUnreachable'>;
  readonly cluster: Pick<ClusterPort, 'view'>;
  readonly pods: StoredPodsPort;
  readonly events: EventsPort;
}

const JUDGE_LIMITS = {
  /** A lookup ends after 30 s (images/settings.ts), and so does reading the layers. */
  lookupMilliseconds: 45_000,
  /** A Pod is stored once wasmgate and all other webhooks have responded: within some 10 s, or never. */
  storedMilliseconds: 20_000,
  /** Images kept of one owner; judging its Pod finds the others. */
  maxImages: 8,
} as const;

/** Reasons that may disappear, or that an operator may fix. The others follow from the Pod or the configuration. */
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
  /** `isTransient`: neither credentials nor the image itself are missing. */
  | { readonly kind: 'unreadable'; readonly owner: UnjudgedOwner; readonly isTransient: boolean }
  /** The Pod is not stored yet, or the API server fails. */
  | { readonly kind: 'later'; readonly owner: UnjudgedOwner }
  | { readonly kind: 'judged'; readonly owner: UnjudgedOwner }
  /** Its Pods are fine, or gone. */
  | { readonly kind: 'done' };

export function imageRequestsOf(
  { images, namespace, pullSecrets }: UnjudgedOwner,
  { cluster }: Pick<JudgeDeps, 'cluster'>,
): readonly ImageRequest[] {
  const { architectures } = cluster.view();
  return images.map((image) => ({ image, namespace, pullSecrets, architectures }));
}

/** Removes the scheduler's choice of a node, which does not show where the Pod could have run. */
function asAdmitted(pod: Pod, { isBound }: UnjudgedOwner): Pod {
  return isBound ? pod : { ...pod, spec: { ...pod.spec, nodeName: null } };
}

/** Replaces a Pod that is gone by the newest one. A Pod that was just admitted may not be stored yet. */
function withoutPod(owner: UnjudgedOwner): JudgeResult {
  if (owner.newest.uid !== owner.pod.uid) return { kind: 'later', owner: { ...owner, pod: owner.newest } };
  const isNew = performance.now() - owner.admittedAt < JUDGE_LIMITS.storedMilliseconds;
  return isNew ? { kind: 'later', owner } : { kind: 'done' };
}

/** Creates a function that judges an owner by one of its Pods, read from the API server, once all its images are known. */
export function createJudgeOwner(deps: JudgeDeps) {
  const { assess, catalog, pods, events } = deps;

  async function lookUpImages(owner: UnjudgedOwner): Promise<readonly ImageFailure[]> {
    const lookups = imageRequestsOf(owner, deps).map(
      async (request): Promise<ImageResult> =>
        catalog.cached(request) ??
        catalog.lookUp(request, { signal: AbortSignal.timeout(JUDGE_LIMITS.lookupMilliseconds) }),
    );
    return (await Promise.all(lookups)).filter((result) => result.kind === 'failure');
  }

  /** Returns null if the Pod is gone, or another one has its name. */
  async function readPod({ namespace, pod }: UnjudgedOwner, signal: AbortSignal): Promise<Pod | null> {
    const stored = await pods.read(namespace, pod.name, signal);
    return stored?.metadata?.uid === pod.uid ? stored : null;
  }

  async function report(owner: UnjudgedOwner, judgment: Judgment, signal: AbortSignal): Promise<JudgeResult> {
    await Promise.all(describeJudgment(owner, judgment).map((event) => events.write(event, signal)));
    return { kind: 'judged', owner: { ...owner, consequence: judgment.consequence } };
  }

  async function judge(owner: UnjudgedOwner, signal: AbortSignal): Promise<JudgeResult> {
    // A Pod that another webhook denied, or that is gone, must not cause a day of requests to registries.
    if (owner.next.failures > 0 && (await readPod(owner, signal)) === null) return withoutPod(owner);
    const failures = await lookUpImages(owner);
    if (failures.length > 0) {
      return { kind: 'unreadable', owner, isTransient: failures.every(({ reason }) => isTransient(reason)) };
    }
    const pod = await readPod(owner, signal);
    if (pod === null) return withoutPod(owner);
    const now = await assess({
      subject: 'pod',
      pod: asAdmitted(pod, owner),
      namespace: owner.namespace,
      step: 'validate',
      deadline: createDeadline(JUDGE_LIMITS.lookupMilliseconds),
    });
    if (now.kind === 'skipped') return { kind: 'done' };
    const images = imagesToFollow(now.containers);
    if (images.length > 0) return { kind: 'unreadable', owner: { ...owner, images }, isTransient: true };
    const judgment = judgeLate(owner, now);
    return judgment === null ? { kind: 'done' } : report(owner, judgment, signal);
  }

  /** Checks whether the Pod that was reported still exists. */
  async function check(owner: UnjudgedOwner, signal: AbortSignal): Promise<JudgeResult> {
    return (await readPod(owner, signal)) === null ? withoutPod(owner) : { kind: 'judged', owner };
  }

  return (owner: UnjudgedOwner, signal: AbortSignal): Promise<JudgeResult> =>
    owner.consequence === 'pending' ? judge(owner, signal) : check(owner, signal);
}
