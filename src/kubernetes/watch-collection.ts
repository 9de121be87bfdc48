import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../lib/errors.ts';
import { property, type JsonObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { backoff, DEFAULTS as BACKOFF_DEFAULTS } from './backoff.ts';
import type { KubernetesClient, WatchEvent } from './client.ts';
import { listPages, readResourceVersion } from './collections.ts';
import { createItemStore, type ItemStore } from './item-store.ts';
import { createKubernetesError, fromStatus, isKubernetesError } from './kubernetes-error.ts';

const DEFAULTS = {
  ...BACKOFF_DEFAULTS,
  /**
   * A node is 10 to 20 kB of JSON, of which little is kept; the rest is garbage that the heap grows for and seldom gives
   * back. With 5,000 nodes the process ends up at 175 MiB by pages of 100, at 125 by pages of 25, in the same time.
   */
  pageSize: 25,
  /** The API server ends a watch after this; client-go asks for 5 to 10 minutes. */
  watchSeconds: 300,
  /**
   * The API server sends a bookmark about every minute, and may leave one out on a quiet collection (1.36: the first came
   * after 60 or 120 s). Three missed and some slack mean that nobody is there.
   */
  silenceMilliseconds: 200_000,
  /** A watch that ends sooner and brought nothing did not work (client-go has the same rule). */
  shortWatchMilliseconds: 1000,
} as const;

export type WatchTimings = { readonly [Key in keyof typeof DEFAULTS]?: number };

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
  /** Null for an object that is not fit to be kept. */
  readonly parse: (object: JsonObject) => Item | null;
  /** Told after the first list, and after each change of what `parse` reads. */
  readonly onChange: () => void;
}

export interface WatchState {
  /** Whether the first list is in; it stays so, what is known is kept through every fault. */
  readonly ready: boolean;
  /** Listed, and a watch has not failed since: otherwise the items may be behind the truth. */
  readonly current: boolean;
  /** When the API server was last heard of on this collection, in epoch milliseconds; null before the first time. */
  readonly lastContact: number | null;
  /** The last failure, until a watch works again. */
  readonly failure: string | null;
  /** How often the collection was listed anew, because a watch had failed or fallen too far behind. */
  readonly restarts: number;
}

export interface WatchCollection<Item> {
  readonly items: () => ReadonlyMap<string, Item>;
  readonly state: () => WatchState;
  /** Lists and watches until the signal aborts; never rejects. To be called once. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/**
 * A collection of the API server kept in memory. client-node's informer is not used: it stops at the first failed list or
 * any error but 410, asks for no bookmarks, and so cannot tell a quiet collection from a dead connection
 * (kubernetes-client/javascript issues 447, 596, 958, 1496). Here every way a watch can end leads back to it.
 */
export function createWatchCollection<Item>(
  deps: WatchDeps,
  options: WatchOptions<Item>,
): WatchCollection<Item> {
  const store = createItemStore(options.parse);
  const status: Status = { ready: false, current: false, lastContact: null, failure: null, restarts: 0 };
  const cycle = { ...DEFAULTS, ...deps, ...options, store, status };

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
        // Heard of since the last failure: this is a new one, not the same again.
        if (status.failure === null) failures = 0;
        // So is the first answer after an outage: an API server that has just started forbids for a second what its roles
        // allow, which must not cost half a minute.
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

/** Watches once, from `version` on. @returns the version to watch from next, when the server ended it in good order */
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
    const state = `nothing was heard for ${cycle.silenceMilliseconds / 1000} s`;
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
      latest = take(cycle, event, action);
    }
  } finally {
    clearTimeout(watchdog);
  }
  if (events === 0 && performance.now() - started < cycle.shortWatchMilliseconds) {
    throw createKubernetesError(action, 'unreachable', { state: 'the watch ended as soon as it began' });
  }
  return latest;
}

function take<Item>({ store, status, onChange }: Cycle<Item>, event: WatchEvent, action: string): string {
  const { type, object } = event;
  if (type === 'ERROR') throw fromStatus(action, Number(property(object, 'code') ?? 0), object);
  const version = readResourceVersion(object, action);
  Object.assign(status, { current: true, lastContact: Date.now(), failure: null });
  const changed = type === 'DELETED' ? store.remove(object) : type === 'BOOKMARK' ? false : store.put(object);
  if (changed) onChange();
  return version;
}

/** Says what failed and waits. A version that is too old (410) is no fault: the first time the list follows at once. */
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
    logger.debug({ what }, 'The watch is too far behind; listing again');
    return;
  }
  status.current = false;
  const milliseconds = backoff(failures, random(), timings);
  logger.warn({ what, failures: failures + 1, retryMilliseconds: Math.round(milliseconds) }, status.failure);
  // Aborted: the loop sees it.
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
