import type { Logger } from '../../lib/logger.ts';
import { throttledWarn } from '../../lib/throttled-warn.ts';
import type { Assessment, AssessmentRequest } from '../assessment.ts';
import {
  createJudgeOwner,
  imageRequestsOf,
  imagesToFollow,
  type JudgeDeps,
  type JudgeResult,
} from './judge-owner.ts';
import { reportsOf } from './judgment.ts';
import { createOwnerStore, type OwnerStore, type OwnerStoreOptions } from './owner-store.ts';
import {
  addPod,
  AT_ONCE,
  ownerKey,
  unjudgedOwner,
  type NextAttempt,
  type UnjudgedOwner,
} from './unjudged-owner.ts';

interface UnjudgedDeps extends JudgeDeps {
  readonly logger: Logger;
  /** Called for each owner that does not fit into the store. */
  readonly onDropped?: (() => void) | undefined;
}

const REJUDGE_LIMITS = {
  /** Between two passes over the owners, each of which costs a map lookup per owner. */
  tickMilliseconds: 1_000,
  /** From the end of an attempt to the pass that starts the next one: some attempts end without waiting for anything. */
  pauseMilliseconds: 25,
  /** Owners judged concurrently, in all and of one namespace: they share the lookups with admissions. */
  atOnce: 8,
  perNamespace: 2,
  /** First delay before an owner whose images could not be read is retried; it doubles each time. */
  retryMilliseconds: 1_000,
  longestRetryMilliseconds: 30_000,
  /** The same if credentials or the image itself are missing: an operator must fix that, and registries lock out accounts. */
  longestFixMilliseconds: 5 * 60_000,
  /** Before wasmgate checks that the Pod of a judged owner still exists. */
  checkMilliseconds: 5 * 60_000,
  /** How long an owner is kept after the last admission of its Pods. By then an operator has read the Event, or never will. */
  keepMilliseconds: 24 * 3_600_000,
} as const;

type RejudgeOptions = { readonly [Key in keyof typeof REJUDGE_LIMITS]?: number };
type RejudgeSettings = { readonly [Key in keyof typeof REJUDGE_LIMITS]: number };
export type UnjudgedOptions = OwnerStoreOptions & RejudgeOptions;

function retryDelay(failures: number, result: JudgeResult, settings: RejudgeSettings): number {
  const { retryMilliseconds, longestRetryMilliseconds, longestFixMilliseconds } = settings;
  const needsFix = result.kind === 'unreadable' && !result.isTransient;
  const longest = needsFix ? longestFixMilliseconds : longestRetryMilliseconds;
  return Math.min(retryMilliseconds * 2 ** (failures - 1), longest);
}

function nextAttempt({ next }: UnjudgedOwner, result: JudgeResult, settings: RejudgeSettings): NextAttempt {
  const isJudged = result.kind === 'judged';
  const failures = isJudged ? 0 : next.failures + 1;
  const delay = isJudged ? settings.checkMilliseconds : retryDelay(failures, result, settings);
  return { failures, dueAt: performance.now() + delay, isForImages: result.kind === 'unreadable' };
}

/** Judges owners once their images can be read: when the registry is reachable again, or after a delay. */
function createRejudgeOwners(
  deps: UnjudgedDeps & { readonly store: OwnerStore },
  options: RejudgeOptions,
  signal: AbortSignal,
): { readonly wake: () => void } {
  const settings = { ...REJUDGE_LIMITS, ...options };
  const { catalog, store, logger } = deps;
  const judge = createJudgeOwner(deps);
  const warn = throttledWarn(logger, 'cannot judge admitted Pods now');
  /** Namespaces of the owners that are being judged, by owner. */
  const running = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  /** Set while owners may take the slots of finished attempts. */
  let pause: NodeJS.Timeout | undefined;

  function isDue(owner: UnjudgedOwner): boolean {
    const { dueAt, isForImages } = owner.next;
    const isTime = dueAt <= performance.now();
    if (owner.consequence !== 'pending') return isTime;
    const results = imageRequestsOf(owner, deps).map((request) => catalog.poll(request));
    // Another admission may have read them meanwhile.
    if (results.every((result) => result?.kind === 'facts')) return isTime || isForImages;
    // A cached failure would only be returned again.
    if (results.some((result) => result?.kind === 'failure')) return false;
    return isTime && !owner.images.some(catalog.isUnreachable);
  }

  /** Stores the result, unless the owner was dropped or has got Pods with other images meanwhile. */
  function settle(before: UnjudgedOwner, result: JudgeResult): void {
    const latest = store.get(ownerKey(before));
    if (latest === undefined || latest.images !== before.images) return;
    if (result.kind === 'done') {
      store.delete(ownerKey(before));
      return;
    }
    const { pod, images, consequence } = result.owner;
    // What failed may succeed now if a new attempt was requested meanwhile.
    const isRequested = result.kind !== 'judged' && latest.next !== before.next;
    const next = isRequested ? latest.next : nextAttempt(before, result, settings);
    store.set({ ...latest, pod, images, consequence, next });
  }

  async function run(owner: UnjudgedOwner): Promise<void> {
    const { kind, name } = owner.reference;
    const key = ownerKey(owner);
    running.set(key, owner.namespace);
    try {
      settle(owner, await judge(owner, signal));
    } catch (error) {
      const { namespace } = owner;
      if (!signal.aborted) warn({ err: error, namespace, kind, name }, { namespace });
      settle(owner, { kind: 'later', owner });
    } finally {
      running.delete(key);
      if (!signal.aborted) pause ??= setTimeout(runDue, settings.pauseMilliseconds).unref();
    }
  }

  function hasSlot(owner: UnjudgedOwner): boolean {
    if (running.has(ownerKey(owner))) return false;
    return [...running.values()].filter((one) => one === owner.namespace).length < settings.perNamespace;
  }

  function stopTimers(): void {
    clearTimeout(timer);
    clearTimeout(pause);
    timer = undefined;
    pause = undefined;
  }

  function runDue(): void {
    stopTimers();
    if (signal.aborted) return;
    const oldest = performance.now() - settings.keepMilliseconds;
    let count = 0;
    for (const owner of store.owners()) {
      count += 1;
      if (running.size >= settings.atOnce) break;
      if (owner.admittedAt < oldest) store.delete(ownerKey(owner));
      else if (hasSlot(owner) && isDue(owner)) void run(owner);
    }
    if (count > 0) timer = setTimeout(runDue, settings.tickMilliseconds).unref();
  }

  signal.addEventListener('abort', stopTimers, { once: true });
  // Admissions do not wait for this.
  return { wake: () => void (timer ??= setTimeout(runDue, settings.tickMilliseconds).unref()) };
}

/** Pods that were admitted without a decision. */
export interface UnjudgedAdmissions {
  /** To be called with each assessment, after the response. */
  readonly note: (request: AssessmentRequest, assessment: Assessment) => void;
  readonly pods: OwnerStore['pods'];
  /** Tries again at once to judge all owners whose images could not be read: the registry's settings have changed. */
  readonly retry: () => void;
}

/** Reports whether the request creates a Pod: a dry run stores nothing, and an update concerns an existing one. */
function createsPod({ subject, step, previous, isDryRun }: AssessmentRequest): boolean {
  return subject === 'pod' && step === 'validate' && previous === undefined && isDryRun !== true;
}

/**
 * Keeps the owners of Pods that were admitted although an image could not be read, and judges them later: an Event on the owner
 * and one on the Pod report what the admission could not. No admission waits for this.
 */
export function createUnjudgedAdmissions(
  deps: UnjudgedDeps,
  options: UnjudgedOptions,
  signal: AbortSignal,
): UnjudgedAdmissions {
  const { logger, onDropped } = deps;
  let dropped = 0;
  const store = createOwnerStore(() => {
    // The first line is enough: a metric counts the others.
    if (dropped === 0) logger.warn({}, 'too many owners of unjudged Pods; the newest are not followed');
    dropped += 1;
    onDropped?.();
  }, options);
  const { wake } = createRejudgeOwners({ ...deps, store }, options, signal);

  function note(request: AssessmentRequest, assessment: Assessment): void {
    if (assessment.kind !== 'decided' || !createsPod(request)) return;
    // Nearly every admission ends here.
    if (assessment.containers.every(({ verdict }) => verdict.kind !== 'unknown')) return;
    if (assessment.outcome.denials.length > 0) return;
    const images = imagesToFollow(assessment.containers);
    if (images.length === 0) return;
    const found = unjudgedOwner(request, { images, reported: reportsOf(assessment) });
    if (found === null) return;
    const known = store.get(ownerKey(found));
    store.set(known === undefined ? found : addPod(known, found));
    wake();
  }

  function retry(): void {
    // A copy of its own shows that it was set while an attempt was in progress.
    const next = { ...AT_ONCE };
    for (const owner of store.owners()) if (owner.consequence === 'pending') store.set({ ...owner, next });
    wake();
  }

  return { note, retry, pods: store.pods };
}
