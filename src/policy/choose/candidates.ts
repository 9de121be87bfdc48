import { isWasmPlatform } from '../../image/platform.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import type { PodContext } from '../check.ts';
import { compatAnnotation } from '../compat-annotation.ts';
import { type AssessedContainer, type ClusterView, takesSpinCommand } from '../facts.ts';
import { canRun, hasWasmFile, isPassedOver } from '../handlers/can-run.ts';
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

interface DefaultRuntime {
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
function defaultRuntime(cluster: ClusterView, settings: PolicySettings): DefaultRuntime {
  if (Object.hasOwn(settings.handlers, DEFAULT_HANDLER))
    return { profile: handlerTable(settings).profileOf(DEFAULT_HANDLER), mayRouteWasm: false };
  return shownRuntime(cluster);
}

/** A RuntimeClass, or none at all, whose runtime might run every container of the Pod. */
export interface Candidate {
  /** Null: the Pod stays without a class. */
  readonly class: RuntimeClass | null;
  readonly profile: HandlerProfile;
}

/**
 * A plain engine takes a file for Wasm by its bytes or by its name, whatever the platform claims: without either sign no
 * class is chosen.
 */
export function isStartable({ verdict }: AssessedContainer): boolean {
  if (verdict.kind !== 'wasm' || verdict.packaging === 'oci-layer' || takesSpinCommand(verdict)) return true;
  return hasWasmFile(verdict);
}

/**
 * Only what is certain keeps a class from being tried on: not an image that is not known, or that no class starts. With the
 * annotation that wasmgate injects, crun takes a file that does not end in .wasm for a Linux program.
 */
function mayRun({ pod }: PodContext, profile: HandlerProfile, { verdict }: AssessedContainer): boolean {
  if (verdict.kind === 'unknown' || verdict.kind === 'not-a-workload') return true;
  if (canRun(profile, verdict).runs === 'no') return false;
  return !isPassedOver(profile, verdict) || compatAnnotation(pod, profile) !== null;
}

/** CRI-O's configuration names OCI runtimes, such as a crun with a Wasm engine, and no shims. */
const ROUTED_TO = BUILT_IN.profileOf('crun-wasm');

/** Whether CRI-O's own configuration may send this container to a Wasm runtime that runs it. */
function mayBeRouted({ pod }: PodContext, { verdict, facts }: AssessedContainer): boolean {
  if (verdict.kind !== 'wasm') return true;
  if (ROUTED_TO === null || canRun(ROUTED_TO, verdict).runs === 'no') return false;
  const annotations = pod.metadata?.annotations ?? {};
  const isAnnotated = VARIANT_ANNOTATION in annotations || HANDLER_ANNOTATION in annotations;
  return isAnnotated || facts?.variants.some(({ config }) => isWasmPlatform(config.platform)) === true;
}

/** The Pod without a class, where that may work. */
function withoutClass(context: PodContext, containers: readonly AssessedContainer[]): readonly Candidate[] {
  const { profile, mayRouteWasm } = defaultRuntime(context.cluster, context.settings);
  if (profile === null) return [];
  const runs = containers.every(
    (container) => mayRun(context, profile, container) || (mayRouteWasm && mayBeRouted(context, container)),
  );
  return runs ? [{ class: null, profile }] : [];
}

/** Classes that differ in nothing but their names share a trial. */
function likenessOf({ handler, nodeSelector, tolerations, overhead }: RuntimeClass): string {
  return JSON.stringify([handler, nodeSelector, tolerations, overhead]);
}

/** Classes that are alike, by name within each group. Computed once for each state of the cluster. */
const alikeClasses = oncePer(({ runtimeClasses }: ClusterView): readonly (readonly RuntimeClass[])[] => [
  ...Map.groupBy(runtimeClasses, likenessOf).values(),
]);

/** Position in `policy.preferRuntimeClasses`, by class name or by handler; its length where it is not in it. */
export function preferenceOf(context: PodContext, runtimeClass: RuntimeClass | null): number {
  const { preferRuntimeClasses } = context.settings;
  if (runtimeClass === null) return preferRuntimeClasses.length;
  const byName = preferRuntimeClasses.indexOf(runtimeClass.name);
  const position = byName >= 0 ? byName : preferRuntimeClasses.indexOf(runtimeClass.handler);
  return position >= 0 ? position : preferRuntimeClasses.length;
}

/** The one that stands for all: the operator's choice, else the first by name. */
function mostPreferred(context: PodContext, alike: readonly RuntimeClass[]): RuntimeClass | undefined {
  if (context.settings.preferRuntimeClasses.length === 0) return alike[0];
  let best = alike[0];
  for (const one of alike)
    if (best !== undefined && preferenceOf(context, one) < preferenceOf(context, best)) best = one;
  return best;
}

/**
 * Every class whose handler is not known to fail with one of these containers, one of each kind, and no class where that may
 * work. Handlers in no profile are never chosen.
 */
export function candidatesFor(
  context: PodContext,
  containers: readonly AssessedContainer[] = context.containers,
): readonly Candidate[] {
  if (!containers.every(isStartable)) return withoutClass(context, containers);
  const { profileOf } = handlerTable(context.settings);
  const verdicts = new Map<HandlerProfile, boolean>();
  const runsAll = (profile: HandlerProfile): boolean => {
    const known = verdicts.get(profile);
    if (known !== undefined) return known;
    const runs = containers.every((container) => mayRun(context, profile, container));
    verdicts.set(profile, runs);
    return runs;
  };
  const classes = alikeClasses(context.cluster).flatMap((alike): readonly Candidate[] => {
    const profile = profileOf(alike[0]?.handler ?? '');
    if (profile === null || !runsAll(profile)) return [];
    const chosen = mostPreferred(context, alike);
    return chosen === undefined ? [] : [{ class: chosen, profile }];
  });
  return [...classes, ...withoutClass(context, containers)];
}

/** Names of the classes that might run this one container. */
export function classesFor(context: PodContext, container: AssessedContainer): readonly string[] {
  return candidatesFor(context, [container]).flatMap((candidate) => candidate.class?.name ?? []);
}
