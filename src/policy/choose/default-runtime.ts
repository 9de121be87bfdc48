import { oncePer } from '../../lib/once-per.ts';
import type { ClusterView } from '../facts.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';
import { BUILT_IN, handlerTable } from '../handlers/handler-table.ts';
import type { PolicySettings } from '../settings.ts';

/** The name of the default runtime in `node.status.runtimeHandlers`, and in `policy.handlers`. */
const DEFAULT_HANDLER = '';

/** Whether every node shows crun and none shows runc: the default runtime is then crun. */
function isCrunEverywhere({ nodes }: ClusterView): boolean {
  return (
    nodes.length > 0 &&
    nodes.every(({ handlers }) => handlers?.includes('crun') === true && !handlers.includes('runc'))
  );
}

/** CRI-O may start Wasm without a class, if it is set up to: `platform_runtime_paths`, `allowed_annotations`. */
function isCrioEverywhere({ nodes }: ClusterView): boolean {
  return nodes.length > 0 && nodes.every(({ runtimeVersion }) => runtimeVersion.startsWith('cri-o://'));
}

export interface DefaultRuntime {
  readonly profile: HandlerProfile | null;
  /** The nodes may hand Wasm images, or annotated Pods, to another runtime by their own configuration. */
  readonly mayRouteWasm: boolean;
}

/** As far as the nodes show it. Computed once for each state of the cluster. */
const shownRuntime = oncePer((cluster: ClusterView): DefaultRuntime => ({
  profile: BUILT_IN.profileOf(isCrunEverywhere(cluster) ? 'crun' : 'runc'),
  mayRouteWasm: isCrioEverywhere(cluster),
}));

/**
 * What runs a Pod that has no class. A node does not say which of its handlers is the default: wasmgate takes the operator's
 * word (`policy.handlers: {"": {like: crun}}`), then nodes that show crun and no runc, and runc otherwise.
 */
export function defaultRuntime(cluster: ClusterView, settings: PolicySettings): DefaultRuntime {
  if (Object.hasOwn(settings.handlers, DEFAULT_HANDLER))
    return { profile: handlerTable(settings).profileOf(DEFAULT_HANDLER), mayRouteWasm: false };
  return shownRuntime(cluster);
}
