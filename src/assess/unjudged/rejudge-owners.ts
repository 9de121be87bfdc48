import type { ImageCatalog } from '../../images/image-catalog.ts';
import type { Logger } from '../../lib/logger.ts';
import { throttledWarn } from '../../lib/throttled-warn.ts';
import { createJudgeOwner, questionsOf, type JudgeDeps, type JudgeResult } from './judge-owner.ts';
import type { OwnerMemory } from './owner-memory.ts';
import { ownerKey, type NextTry, type UnjudgedOwner } from './unjudged-owner.ts';

const REJUDGE_LIMITS = {
  /** Between two looks at what is due; a look costs a map lookup for each owner. */
  tickMilliseconds: 1_000,
  /** Owners that are judged side by side, and of one namespace: all share the look-ups with admissions. */
  atOnce: 8,
  ofNamespace: 2,
  /** Until an owner whose images could not be read is tried again, doubled each time. */
  retryMilliseconds: 1_000,
  longestRetryMilliseconds: 30_000,
  /** The same if a login or the image itself is missing: somebody has to mend it, and registries lock out accounts. */
  longestMendMilliseconds: 5 * 60_000,
  /** Until the Pod of an owner that was judged is looked for again. */
  checkMilliseconds: 5 * 60_000,
  /** After the last admission of its Pods. By then somebody has seen the Events, or nobody will. */
  keepMilliseconds: 24 * 3_600_000,
} as const;

export type RejudgeOptions = { readonly [Key in keyof typeof REJUDGE_LIMITS]?: number };

export interface RejudgeDeps extends JudgeDeps {
  readonly catalog: ImageCatalog;
  readonly memory: OwnerMemory;
  readonly logger: Logger;
}

/** Judges owners as soon as their images can be read: when a registry is reached again, or after a while. */
export function createRejudgeOwners(
  deps: RejudgeDeps,
  options: RejudgeOptions,
  signal: AbortSignal,
): { readonly wake: () => void } {
  const settings = { ...REJUDGE_LIMITS, ...options };
  const { catalog, memory, logger } = deps;
  const judge = createJudgeOwner(deps);
  const printError = throttledWarn(logger, 'cannot judge admitted Pods now');
  /** By owner, the namespace. */
  const running = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;

  function isDue(owner: UnjudgedOwner): boolean {
    const { dueAt, isForImages } = owner.next;
    const hasCome = dueAt <= performance.now();
    if (owner.consequence !== 'pending') return hasCome;
    const answers = questionsOf(owner, deps).map((question) => catalog.peek(question));
    // Another admission may have read them meanwhile.
    if (answers.every((answer) => answer?.kind === 'facts')) return hasCome || isForImages;
    // A failure that is remembered would only be answered again.
    if (answers.some((answer) => answer?.kind === 'failure')) return false;
    return hasCome && !owner.images.some(catalog.isUnreachable);
  }

  function retryAfter(failures: number, result: JudgeResult): number {
    const { retryMilliseconds, longestRetryMilliseconds, longestMendMilliseconds } = settings;
    const isMendable = result.kind === 'unreadable' && !result.isPassing;
    const longest = isMendable ? longestMendMilliseconds : longestRetryMilliseconds;
    return Math.min(retryMilliseconds * 2 ** (failures - 1), longest);
  }

  function nextTry({ next }: UnjudgedOwner, result: JudgeResult): NextTry {
    const isJudged = result.kind === 'judged';
    const failures = isJudged ? 0 : next.failures + 1;
    const wait = isJudged ? settings.checkMilliseconds : retryAfter(failures, result);
    return { failures, dueAt: performance.now() + wait, isForImages: result.kind === 'unreadable' };
  }

  /** Takes the result over, unless the owner was forgotten or got Pods of other images meanwhile. */
  function settle(before: UnjudgedOwner, result: JudgeResult): void {
    const latest = memory.get(ownerKey(before));
    if (latest === undefined || latest.images !== before.images) return;
    if (result.kind === 'done') {
      memory.remove(ownerKey(before));
      return;
    }
    const { pod, images, consequence } = result.owner;
    memory.put({ ...latest, pod, images, consequence, next: nextTry(before, result) });
  }

  async function run(owner: UnjudgedOwner): Promise<void> {
    const { kind, name } = owner.reference;
    const key = ownerKey(owner);
    running.set(key, owner.namespace);
    try {
      settle(owner, await judge(owner, signal));
    } catch (error) {
      const { namespace } = owner;
      if (!signal.aborted) printError({ err: error, namespace, kind, name });
      settle(owner, { kind: 'later', owner });
    } finally {
      running.delete(key);
      pump();
    }
  }

  function hasSlot(owner: UnjudgedOwner): boolean {
    if (running.has(ownerKey(owner))) return false;
    return [...running.values()].filter((one) => one === owner.namespace).length < settings.ofNamespace;
  }

  function pump(): void {
    clearTimeout(timer);
    timer = undefined;
    if (signal.aborted) return;
    const oldest = performance.now() - settings.keepMilliseconds;
    let count = 0;
    for (const owner of memory.owners()) {
      count += 1;
      if (running.size >= settings.atOnce) break;
      if (owner.admittedAt < oldest) memory.remove(ownerKey(owner));
      else if (hasSlot(owner) && isDue(owner)) void run(owner);
    }
    if (count > 0) timer = setTimeout(pump, settings.tickMilliseconds).unref();
  }

  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  // An admission must not wait for this.
  return { wake: () => void (timer ??= setTimeout(pump, settings.tickMilliseconds).unref()) };
}
