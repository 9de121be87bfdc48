import {
  classCapability,
  knownHandler,
  type ClassCapability,
  type ClassFacts,
  type KnownHandler,
} from './class-capability.ts';
import { countHandlers, nodeRuntimes, type NodeRuntime } from './node-runtimes.ts';
import { runtimeEffects, type RuntimeEffect } from './runtime-effects.ts';

/** What the cluster can run, as the API server shows it. Part of `audit -o json`: add fields, but never rename or remove one. */
export interface ClusterCapabilities {
  /** Sorted by name. Null if wasmgate could not list the RuntimeClasses. */
  readonly classes: readonly ClassCapability[] | null;
  /** Handlers that nodes report and no class names, sorted by name. Null unless classes and nodes are known. */
  readonly handlersWithoutClass: readonly UnnamedHandler[] | null;
  /** Nodes by runtime, release and platform, the largest group first. Null if wasmgate could not list the nodes. */
  readonly runtimes: readonly NodeRuntime[] | null;
  /** What these runtimes mean for Wasm images. Empty if the nodes are unknown. */
  readonly effects: readonly RuntimeEffect[];
}

export interface UnnamedHandler extends KnownHandler {
  readonly handler: string;
  /** Nodes that report it, cordoned ones included. */
  readonly nodes: number;
}

function unnamedHandlers({ cluster, settings }: ClassFacts): readonly UnnamedHandler[] {
  const named = new Set(cluster.runtimeClasses.map(({ handler }) => handler));
  return [...countHandlers(cluster.nodes)]
    .filter(([handler]) => !named.has(handler))
    .map(([handler, nodes]) => ({ handler, ...knownHandler(handler, settings), nodes }));
}

/** Describes classes, handlers and nodes. 5,000 nodes become a few groups. */
export function clusterCapabilities(facts: ClassFacts): ClusterCapabilities {
  const { cluster, settings, isKnown } = facts;
  return {
    classes: isKnown.classes
      ? cluster.runtimeClasses.map((runtimeClass) => classCapability(runtimeClass, facts))
      : null,
    handlersWithoutClass: isKnown.classes && isKnown.nodes ? unnamedHandlers(facts) : null,
    runtimes: isKnown.nodes ? nodeRuntimes(cluster.nodes) : null,
    effects: isKnown.nodes ? runtimeEffects(cluster.nodes, settings) : [],
  };
}
