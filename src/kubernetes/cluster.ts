import { isDeepStrictEqual } from 'node:util';
import type { ClusterPort } from '../assess/ports.ts';
import type { Logger } from '../lib/logger.ts';
import type { ClusterNode, LimitRange, Namespace, RuntimeClass } from '../pod/cluster-objects.ts';
import { parseLimitRange, parseNamespace, parseNode } from '../pod/parse-cluster-objects.ts';
import type { ClusterView } from '../policy/facts.ts';
import type { KubernetesClient } from './client.ts';
import { createClusterView, withClasses } from './cluster-view.ts';
import { coalesce } from './coalesce.ts';
import { createFetchNamespace } from './fetch-namespace.ts';
import { createFetchRuntimeClasses, RUNTIME_CLASSES, type FetchRuntimeClasses } from './runtime-classes.ts';
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
