import { isDeepStrictEqual } from 'node:util';
import type { ClusterPort } from '../assess/ports.ts';
import type { Logger } from '../lib/logger.ts';
import {
  type ClusterNode,
  type LimitRange,
  type Namespace,
  type RuntimeClass,
  parseLimitRange,
  parseNamespace,
  parseNode,
} from '../pod/cluster-objects.ts';
import type { ClusterView } from '../policy/facts.ts';
import type { KubernetesClient } from './client.ts';
import {
  createFetchNamespace,
  createFetchRuntimeClasses,
  RUNTIME_CLASSES,
  type FetchRuntimeClasses,
} from './live-reads.ts';
import {
  createWatchCollection,
  type WatchCollection,
  type WatchState,
  type WatchTimings,
} from './watch-collection.ts';

export interface Cluster extends ClusterPort {
  readonly start: () => void;
  /** By collection, for readiness and metrics. */
  readonly states: () => Readonly<Record<CollectionName, WatchState>>;
  /** Fulfilled when every watch has ended. */
  readonly stop: () => Promise<void>;
}

export const COLLECTIONS = ['runtime classes', 'namespaces', 'nodes', 'limit ranges'] as const;
export type CollectionName = (typeof COLLECTIONS)[number];

const DEFAULTS = {
  /**
   * When a zone goes, hundreds of nodes change in a second, and for each view everything that was decided is decided anew. With
   * 5,000 nodes that kept /healthz waiting for 19 s; what is told of nodes is older than this anyway.
   */
  nodesMilliseconds: 500,
} as const;

export interface ClusterDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
}

/** RuntimeClasses, Namespaces, Nodes and LimitRanges, kept up by watches; the view is made when they change, not when a Pod comes. */
export function createCluster(deps: ClusterDeps, timings: WatchTimings = {}): Cluster {
  let view = createClusterView([], []);
  const rebuild = (): void => {
    view = createClusterView(
      [...classes.items().values()],
      [...nodes.items().values()],
      [...limitRanges.items().values()],
    );
  };
  const rebuildSoon = coalesce(rebuild, DEFAULTS.nodesMilliseconds);
  let hasNodes = false;
  const onNodes = (): void => {
    if (hasNodes) return rebuildSoon();
    hasNodes = true;
    rebuild();
  };
  const watch = <Item>(
    what: CollectionName,
    source: Pick<Parameters<typeof createWatchCollection<Item>>[1], 'path' | 'parse' | 'onChange'>,
  ): WatchCollection<Item> => createWatchCollection(deps, { ...timings, what, ...source });

  const classes = watch<RuntimeClass>('runtime classes', {
    ...RUNTIME_CLASSES,
    onChange: rebuild,
  });
  const nodes = watch<ClusterNode>('nodes', { path: '/api/v1/nodes', parse: parseNode, onChange: onNodes });
  const limitRanges = watch<LimitRange>('limit ranges', {
    path: '/api/v1/limitranges',
    parse: parseLimitRange,
    onChange: rebuild,
  });
  const namespaces = watch<Namespace>('namespaces', {
    path: '/api/v1/namespaces',
    parse: parseNamespace,
    onChange: () => {},
  });
  const collections = [classes, namespaces, nodes, limitRanges] as const;

  return {
    view: () => view,
    hasStaleClasses: () => !classes.state().current,
    fetchView: createFetchView(createFetchRuntimeClasses(deps.client), () => view),
    namespace: (name) => namespaces.items().get(name),
    fetchNamespace: createFetchNamespace(deps),
    states: () => ({
      'runtime classes': classes.state(),
      namespaces: namespaces.state(),
      nodes: nodes.state(),
      'limit ranges': limitRanges.state(),
    }),
    ...createRunner(collections),
  };
}

/** The view that the watches have, where they are right; else one of its own, the same for all who are told the same. */
function createFetchView(
  fetchClasses: FetchRuntimeClasses,
  current: () => ClusterView,
): Cluster['fetchView'] {
  let last: { readonly classes: unknown; readonly base: ClusterView; readonly view: ClusterView } | undefined;
  return async (signal) => {
    const classes = await fetchClasses(signal);
    const base = current();
    if (last?.classes === classes && last.base === base) return last.view;
    const live = withClasses(base, classes);
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

/** Runs something at most once in so many milliseconds: at once where it has not run for as long, else at the end of that time. */
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

/** The same cluster with other classes. */
function withClasses(view: ClusterView, classes: readonly RuntimeClass[]): ClusterView {
  const runtimeClasses = byName(classes);
  const named = new Map(runtimeClasses.map((runtimeClass) => [runtimeClass.name, runtimeClass]));
  return Object.freeze({ ...view, runtimeClasses, runtimeClass: (name: string) => named.get(name) });
}

/** A view that never changes; when the cluster does, a new one takes its place. */
export function createClusterView(
  classes: readonly RuntimeClass[],
  nodes: readonly ClusterNode[],
  limitRanges: readonly LimitRange[] = [],
): ClusterView {
  const sorted = byName(classes);
  const named = new Map(sorted.map((runtimeClass) => [runtimeClass.name, runtimeClass]));
  const open = nodes.filter((node) => !node.unschedulable && node.architecture !== '');
  const byNamespace = Map.groupBy(byName(limitRanges), ({ namespace }) => namespace);
  return Object.freeze({
    runtimeClass: (name: string) => named.get(name),
    runtimeClasses: sorted,
    nodes: Object.freeze([...nodes]),
    architectures: Object.freeze([...new Set(open.map((node) => node.architecture))].toSorted()),
    limitRanges: (namespace: string) => byNamespace.get(namespace) ?? NO_LIMIT_RANGES,
  });
}
