import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../lib/errors.ts';
import { property, type JsonObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { backoff, BACKOFF_LIMITS } from './backoff.ts';
import type { KubernetesClient, WatchEvent } from './client.ts';
import { listPages, readResourceVersion } from './collections.ts';
import { createItemStore, type ItemStore } from './item-store.ts';
import { createKubernetesError, fromStatus, isKubernetesError } from './kubernetes-error.ts';

const WATCH_TIMINGS = {
  ...BACKOFF_LIMITS,
  /**
   * A node is 10 to 20 kB of JSON, most of it garbage that the heap grows for and seldom gives back. With 5,000 nodes the process
   * ends up at 175 MiB with pages of 100, at 125 with pages of 25, in the same time.
   */
  pageSize: 25,
  /** The API server ends a watch after this; client-go requests 5 to 10 minutes. */
  watchSeconds: 300,
  /**
   * The API server sends a bookmark about every minute, and may skip one on a quiet collection (1.36: the first came after 60 or
   * 120 s). Three missed bookmarks and some slack mean a dead connection.
   */
  silenceMilliseconds: 200_000,
  /** A watch that ends sooner without an event did not work (client-go has the same rule). */
  shortWatchMilliseconds: 1000,
} as const;

export type WatchTimings = { readonly [Key in keyof typeof WATCH_TIMINGS]?: number };

export interface WatchDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
  /** In [0, 1), for the jitter. */
  readonly random?: () => number;
}

export interface WatchOptions<Item> extends WatchTimings {
  /** For people: `nodes`. */
  readonly what: string;
  readonly path: string;
  /** Returns null for an object to leave out. */
  readonly parse: (object: JsonObject) => Item | null;
  /** Called after the first list, and after each change of what `parse` reads. */
  readonly onChange: () => void;
}

export interface WatchState {
  /** True once the first list has arrived. Faults do not discard what is known. */
  readonly ready: boolean;
  /** True if no watch has failed since the last list; otherwise the items may be stale. */
  readonly current: boolean;
  /** The time of the last response about this collection, in epoch milliseconds; null before the first one. */
  readonly lastContact: number | null;
  /** The last failure; null once a watch works again. */
  readonly failure: string | null;
  /** The number of lists after the first one: a watch had failed or fallen too far behind. */
  readonly restarts: number;
}

export interface WatchCollection<Item> {
  readonly items: () => ReadonlyMap<string, Item>;
  readonly state: () => WatchState;
  /** Lists and watches until the signal aborts; never rejects. Call it once. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/**
 * Keeps a collection of the API server in memory. client-node's informer stops at the first failed list and at any error but 410.
 * It requests no bookmarks, so a quiet collection looks like a dead connection (kubernetes-client/javascript issues 447,
 * 596, 958, 1496). Here, however a watch ends, another one follows.
 */
export function createWatchCollection<Item>(
  deps: WatchDeps,
  options: WatchOptions<Item>,
): WatchCollection<Item> {
  const store = createItemStore(options.parse);
  const status: Status = { ready: false, current: false, lastContact: null, failure: null, restarts: 0 };
  const cycle = { ...WATCH_TIMINGS, ...deps, ...options, store, status };

  async function run(signal: AbortSignal): Promise<void> {
    let version = '';
    let failures = 0;
    let wasUnreachable = false;
    while (!signal.aborted) {
      try {
        if (version === '') version = await list(cycle, signal);
        version = await follow(cycle, version, signal);
        status.failure = null;
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        // The watch has worked since the last failure: this is a new one.
        if (status.failure === null) failures = 0;
        // The first response after an outage is new, too: an API server that has just started forbids, for a second, what its
        // roles allow, which must not cost half a minute.
        const isUnreachable = isKubernetesError(error, 'unreachable');
        if (wasUnreachable && !isUnreachable) failures = 0;
        wasUnreachable = isUnreachable;
        version = '';
        status.restarts += 1;
        await recover(cycle, { error, failures, signal });
        failures += 1;
      }
    }
    status.current = false;
  }

  return { items: store.items, state: () => ({ ...status }), run };
}

type Status = { -readonly [Key in keyof WatchState]: WatchState[Key] };

type Cycle<Item> = Required<WatchTimings> &
  WatchDeps &
  WatchOptions<Item> & {
    readonly store: ItemStore<Item>;
    readonly status: Status;
  };

async function list<Item>(cycle: Cycle<Item>, signal: AbortSignal): Promise<string> {
  const { client, status, store, onChange } = cycle;
  const next = store.replacement();
  const version = await listPages({ client, signal }, cycle, next.add);
  const changed = next.commit();
  const isFirst = !status.ready;
  Object.assign(status, { ready: true, current: true, lastContact: Date.now() });
  if (changed || isFirst) onChange();
  return version;
}

/** Watches once, from `version` on. @returns the version to watch from next, when the server ends the watch in good order */
async function follow<Item>(cycle: Cycle<Item>, version: string, signal: AbortSignal): Promise<string> {
  const action = `watch ${cycle.what}`;
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: version,
    timeoutSeconds: String(cycle.watchSeconds),
  };
  const silence = new AbortController();
  const watchdog = setTimeout(() => {
    const state = `the API server sent nothing for ${cycle.silenceMilliseconds / 1000} s`;
    silence.abort(createKubernetesError(action, 'timeout', { state }));
  }, cycle.silenceMilliseconds);
  const started = performance.now();
  let latest = version;
  let events = 0;
  try {
    const call = { action, path: cycle.path, query };
    for await (const event of cycle.client.watch(call, AbortSignal.any([signal, silence.signal]))) {
      watchdog.refresh();
      events += 1;
      latest = apply(cycle, event, action);
    }
  } finally {
    clearTimeout(watchdog);
  }
  if (events === 0 && performance.now() - started < cycle.shortWatchMilliseconds) {
    throw createKubernetesError(action, 'unreachable', { state: 'the watch ended as soon as it started' });
  }
  return latest;
}

function apply<Item>({ store, status, onChange }: Cycle<Item>, event: WatchEvent, action: string): string {
  const { type, object } = event;
  if (type === 'ERROR') throw fromStatus(action, Number(property(object, 'code') ?? 0), object);
  const version = readResourceVersion(object, action);
  Object.assign(status, { current: true, lastContact: Date.now(), failure: null });
  const changed = type === 'DELETED' ? store.remove(object) : type === 'BOOKMARK' ? false : store.put(object);
  if (changed) onChange();
  return version;
}

/** Logs the failure and waits. A version that is too old (410) is not a fault: the first time, the list follows at once. */
async function recover<Item>(
  { what, logger, status, random = Math.random, ...timings }: Cycle<Item>,
  {
    error,
    failures,
    signal,
  }: { readonly error: unknown; readonly failures: number; readonly signal: AbortSignal },
): Promise<void> {
  status.failure = describeError(error);
  const isExpired = isKubernetesError(error, 'expired') && failures === 0;
  if (isExpired) {
    logger.debug({ what }, 'the watch is too far behind; listing again');
    return;
  }
  status.current = false;
  const milliseconds = backoff(failures, random(), timings);
  logger.warn({ what, failures: failures + 1, retryMilliseconds: Math.round(milliseconds) }, status.failure);
  // The loop notices an abort.
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
