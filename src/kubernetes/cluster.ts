import { isDeepStrictEqual } from 'node:util';
import type { ClusterPort } from '../assess/ports.ts';
import type { Logger } from '../lib/logger.ts';
import type { ClusterNode, LimitRange, Namespace, RuntimeClass } from '../pod/cluster-objects.ts';
import type { ClusterView } from '../policy/facts.ts';
import type { KubernetesClient } from './client.ts';
import { COLLECTIONS, type CollectionName } from './collections.ts';
import { createFetchNamespace, createFetchRuntimeClasses, type FetchRuntimeClasses } from './live-reads.ts';
import {
  createWatchCollection,
  type WatchCollection,
  type WatchOptions,
  type WatchState,
  type WatchTimings,
} from './watch-collection.ts';

export interface Cluster extends ClusterPort {
  readonly start: () => void;
  /** Resolves when every collection has been listed once. */
  readonly listed: Promise<void>;
  readonly namespaceNames: () => readonly string[];
  /** By collection, for readiness and metrics. */
  readonly states: () => Readonly<Record<CollectionName, WatchState>>;
  /** Resolves when every watch has ended. */
  readonly stop: () => Promise<void>;
}

/**
 * When a zone fails, hundreds of nodes change in a second, and each new view invalidates every cached decision. With 5,000
 * nodes that blocked /healthz for 19 s. Facts about nodes are older than this anyway.
 */
const NODE_REBUILD_MILLISECONDS = 500;

export interface ClusterDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
}

/** Watches RuntimeClasses, Namespaces, Nodes and LimitRanges. Builds the view when they change, not when a Pod arrives. */
export function createCluster(deps: ClusterDeps, timings: WatchTimings = {}): Cluster {
  let view = createClusterView([], []);
  // What is known of 5,000 nodes stays as it is when a class changes.
  let indexedNodes = indexNodes([]);
  const rebuild = (): void => {
    view = Object.freeze({
      ...indexClasses([...classes.items().values()]),
      ...indexedNodes,
      ...indexLimitRanges([...limitRanges.items().values()]),
    });
  };
  const rebuildNodes = (): void => {
    indexedNodes = indexNodes([...nodes.items().values()]);
    rebuild();
  };
  const rebuildNodesSoon = coalesce(rebuildNodes, NODE_REBUILD_MILLISECONDS);
  let hasNodes = false;
  const onNodes = (): void => {
    if (hasNodes) return rebuildNodesSoon();
    hasNodes = true;
    rebuildNodes();
  };
  const listed = Promise.withResolvers<void>();
  const watch = <Item>(
    what: CollectionName,
    source: Pick<WatchOptions<Item>, 'path' | 'parse'>,
    onChange: () => void,
  ): WatchCollection<Item> =>
    createWatchCollection(deps, {
      ...timings,
      what,
      ...source,
      onChange: () => {
        onChange();
        if (collections.every(({ state }) => state().ready)) listed.resolve();
      },
    });

  const classes = watch<RuntimeClass>('runtime classes', COLLECTIONS['runtime classes'], rebuild);
  const nodes = watch<ClusterNode>('nodes', COLLECTIONS.nodes, onNodes);
  const limitRanges = watch<LimitRange>('limit ranges', COLLECTIONS['limit ranges'], rebuild);
  const namespaces = watch<Namespace>('namespaces', COLLECTIONS.namespaces, () => {});
  const collections = [classes, namespaces, nodes, limitRanges];

  return {
    view: () => view,
    hasStaleClasses: () => !classes.state().current,
    fetchView: createFetchView(createFetchRuntimeClasses(deps.client), () => view),
    namespace: (name) => namespaces.items().get(name),
    fetchNamespace: createFetchNamespace(deps),
    listed: listed.promise,
    namespaceNames: () => [...namespaces.items().keys()],
    states: () => ({
      'runtime classes': classes.state(),
      namespaces: namespaces.state(),
      nodes: nodes.state(),
      'limit ranges': limitRanges.state(),
    }),
    ...createRunner(collections),
  };
}

/** Returns the watches' own view if its classes are current; else another one, shared by all callers that got the same classes. */
function createFetchView(
  fetchClasses: FetchRuntimeClasses,
  current: () => ClusterView,
): Cluster['fetchView'] {
  let last: { readonly classes: unknown; readonly base: ClusterView; readonly view: ClusterView } | undefined;
  return async (signal) => {
    const classes = await fetchClasses(signal);
    const base = current();
    if (last?.classes === classes && last.base === base) return last.view;
    const live = Object.freeze({ ...base, ...indexClasses(classes) });
    const view = isDeepStrictEqual(live.runtimeClasses, base.runtimeClasses) ? base : live;
    last = { classes, base, view };
    return view;
  };
}

function createRunner(collections: readonly WatchCollection<unknown>[]): Pick<Cluster, 'start' | 'stop'> {
  const stopping = new AbortController();
  let running: readonly Promise<void>[] = [];
  return {
    start: () => {
      if (running.length > 0) return;
      running = collections.map((collection) => collection.run(stopping.signal));
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

/** Runs something at most once per interval: at once if the last run is that long ago, else when the interval ends. */
export function coalesce(run: () => void, milliseconds: number): () => void {
  let ranAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  function runNow(): void {
    timer = undefined;
    ranAt = performance.now();
    run();
  }

  return () => {
    if (timer !== undefined) return;
    const wait = ranAt + milliseconds - performance.now();
    if (wait <= 0) runNow();
    else timer = setTimeout(runNow, wait).unref();
  };
}

const NO_LIMIT_RANGES: readonly LimitRange[] = Object.freeze([]);

function byName<Item extends { readonly name: string }>(items: readonly Item[]): readonly Item[] {
  return Object.freeze(items.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}

function indexClasses(
  classes: readonly RuntimeClass[],
): Pick<ClusterView, 'runtimeClass' | 'runtimeClasses'> {
  const runtimeClasses = byName(classes);
  const named = new Map(runtimeClasses.map((runtimeClass) => [runtimeClass.name, runtimeClass]));
  return { runtimeClasses, runtimeClass: (name) => named.get(name) };
}

function indexNodes(nodes: readonly ClusterNode[]): Pick<ClusterView, 'nodes' | 'architectures'> {
  const open = nodes.filter((node) => !node.unschedulable && node.architecture !== '');
  return {
    nodes: Object.freeze([...nodes]),
    architectures: Object.freeze([...new Set(open.map((node) => node.architecture))].toSorted()),
  };
}

function indexLimitRanges(limitRanges: readonly LimitRange[]): Pick<ClusterView, 'limitRanges'> {
  const byNamespace = Map.groupBy(byName(limitRanges), ({ namespace }) => namespace);
  return { limitRanges: (namespace) => byNamespace.get(namespace) ?? NO_LIMIT_RANGES };
}

/** A view never changes; when the cluster does, a new one replaces it. */
export function createClusterView(
  classes: readonly RuntimeClass[],
  nodes: readonly ClusterNode[],
  limitRanges: readonly LimitRange[] = [],
): ClusterView {
  return Object.freeze({ ...indexClasses(classes), ...indexNodes(nodes), ...indexLimitRanges(limitRanges) });
}
