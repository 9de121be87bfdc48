import { isWasmPlatform } from '../../image/platform.ts';
import { oncePer } from '../../lib/once-per.ts';
import type { RuntimeClass } from '../../pod/cluster-objects.ts';
import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import type { PodContext } from '../check.ts';
import { compatAnnotation } from '../compat-annotation.ts';
import { type AssessedContainer, type ClusterView, takesSpinCommand } from '../facts.ts';
import { canRun, hasWasmFile, isPassedOver } from '../handlers/can-run.ts';
import type { HandlerProfile } from '../handlers/handler-profiles.ts';
import { BUILT_IN, handlerTable, type HandlerTable } from '../handlers/handler-table.ts';
import { placementKey } from '../nodes/node-outlook.ts';
import type { PolicySettings } from '../settings.ts';

/** The default runtime's name in `node.status.runtimeHandlers` and in `policy.handlers`. */
const DEFAULT_HANDLER = '';

/** Reports whether every node has crun and none has runc: then the default runtime is crun. */
function isCrunEverywhere(nodes: ClusterView['nodes']): boolean {
  return (
    nodes.length > 0 &&
    nodes.every(({ handlers }) => handlers?.includes('crun') === true && !handlers.includes('runc'))
  );
}

/** Reports whether every node has CRI-O, which can start Wasm without a class: `platform_runtime_paths`, `allowed_annotations`. */
function isCrioEverywhere(nodes: ClusterView['nodes']): boolean {
  return nodes.length > 0 && nodes.every(({ runtimeVersion }) => runtimeVersion.startsWith('cri-o://'));
}

interface DefaultRuntime {
  readonly profile: HandlerProfile | null;
  /** True if the nodes' configuration may send Wasm images or annotated Pods to another runtime. */
  readonly mayRouteWasm: boolean;
}

/** Returns the default runtime, as far as the nodes report it. Computed once for each state of the nodes. */
const reportedRuntime = oncePer((nodes: ClusterView['nodes']): DefaultRuntime => ({
  profile: BUILT_IN.profileOf(isCrunEverywhere(nodes) ? 'crun' : 'runc'),
  mayRouteWasm: isCrioEverywhere(nodes),
}));

/**
 * Returns what runs a Pod without a class. Nodes do not report which handler is the default: wasmgate uses the operator's
 * `policy.handlers: {"": {like: crun}}`, then crun if all nodes have crun and no runc, and runc otherwise.
 */
function defaultRuntime(cluster: ClusterView, settings: PolicySettings): DefaultRuntime {
  if (Object.hasOwn(settings.handlers, DEFAULT_HANDLER))
    return { profile: handlerTable(settings).profileOf(DEFAULT_HANDLER), mayRouteWasm: false };
  return reportedRuntime(cluster.nodes);
}

/** A RuntimeClass, or none, whose runtime may run every container of the Pod. */
export interface Candidate {
  /** Null: the Pod stays without a class. */
  readonly class: RuntimeClass | null;
  readonly profile: HandlerProfile;
}

/**
 * Reports whether any class may start the container. A plain engine recognizes Wasm by the file's bytes or name, whatever the
 * platform claims; if the file shows neither, wasmgate chooses no class. A file that wasmgate could not read may be Wasm.
 */
export function isStartable({ verdict }: AssessedContainer): boolean {
  if (verdict.kind !== 'wasm' || verdict.packaging === 'oci-layer' || takesSpinCommand(verdict)) return true;
  return hasWasmFile(verdict) || verdict.program === 'hidden';
}

/**
 * Reports false only if the class is certain to fail, so not for an unknown image, nor for one that no class starts. With the
 * annotation that wasmgate injects, crun starts a file that does not end in .wasm as a Linux program.
 */
function mayRun({ pod }: PodContext, profile: HandlerProfile, { verdict }: AssessedContainer): boolean {
  if (verdict.kind === 'unknown' || verdict.kind === 'not-a-workload') return true;
  if (canRun(profile, verdict).runs === 'no') return false;
  return !isPassedOver(profile, verdict) || compatAnnotation(pod, profile) !== null;
}

/** The only kind of Wasm runtime that CRI-O's configuration can name: an OCI runtime, not a shim. */
const ROUTED_TO = BUILT_IN.profileOf('crun-wasm');

/** Reports whether CRI-O's configuration may send this container to a Wasm runtime that runs it. */
function mayBeRouted({ pod }: PodContext, { verdict, facts }: AssessedContainer): boolean {
  if (verdict.kind !== 'wasm') return true;
  if (ROUTED_TO === null || canRun(ROUTED_TO, verdict).runs === 'no') return false;
  const annotations = pod.metadata?.annotations ?? {};
  const isAnnotated = VARIANT_ANNOTATION in annotations || HANDLER_ANNOTATION in annotations;
  return isAnnotated || facts?.variants.some(({ config }) => isWasmPlatform(config.platform)) === true;
}

/** Returns the Pod without a class as a candidate if that may work. */
function withoutClass(context: PodContext, containers: readonly AssessedContainer[]): readonly Candidate[] {
  const { profile, mayRouteWasm } = defaultRuntime(context.cluster, context.settings);
  if (profile === null) return [];
  const runs = containers.every(
    (container) => mayRun(context, profile, container) || (mayRouteWasm && mayBeRouted(context, container)),
  );
  return runs ? [{ class: null, profile }] : [];
}

/** Classes that differ only in their names, and so share a trial. */
interface EqualClasses {
  readonly classes: readonly RuntimeClass[];
  readonly profile: HandlerProfile;
}

/** The classes of a cluster that wasmgate may choose. Handlers without a profile are never chosen. */
interface Choosable {
  readonly groups: readonly EqualClasses[];
  /** The profiles of all groups, each once. */
  readonly profiles: readonly HandlerProfile[];
}

const equalClasses = oncePer(({ runtimeClasses }: ClusterView): readonly (readonly RuntimeClass[])[] => [
  ...Map.groupBy(runtimeClasses, (one) => `${placementKey(one)} ${JSON.stringify(one.overhead)}`).values(),
]);

/** Computed once for each state of the cluster and each configuration. */
const choosableIn = oncePer((cluster: ClusterView) =>
  oncePer(({ profileOf }: HandlerTable): Choosable => {
    const handlers = new Set(cluster.runtimeClasses.map(({ handler }) => handler));
    const byHandler = new Map([...handlers].map((handler) => [handler, profileOf(handler)]));
    const groups = equalClasses(cluster).flatMap((classes): readonly EqualClasses[] => {
      const profile = byHandler.get(classes[0]?.handler ?? '') ?? null;
      return profile === null ? [] : [{ classes, profile }];
    });
    return { groups, profiles: [...new Set(groups.map(({ profile }) => profile))] };
  }),
);

function choosable({ cluster, settings }: PodContext): Choosable {
  return choosableIn(cluster)(handlerTable(settings));
}

/** Returns the position in `policy.preferRuntimeClasses`, by class name or by handler; if absent, the list's length. */
export function preferenceOf(context: PodContext, runtimeClass: RuntimeClass | null): number {
  const { preferRuntimeClasses } = context.settings;
  if (runtimeClass === null) return preferRuntimeClasses.length;
  const byName = preferRuntimeClasses.indexOf(runtimeClass.name);
  const position = byName >= 0 ? byName : preferRuntimeClasses.indexOf(runtimeClass.handler);
  return position >= 0 ? position : preferRuntimeClasses.length;
}

/** Returns the class that represents its equals: the operator's choice, otherwise the first by name. */
function mostPreferred(context: PodContext, equal: readonly RuntimeClass[]): RuntimeClass | undefined {
  if (context.settings.preferRuntimeClasses.length === 0) return equal[0];
  let best = equal[0];
  for (const one of equal)
    if (best !== undefined && preferenceOf(context, one) < preferenceOf(context, best)) best = one;
  return best;
}

/** Returns the profiles under which none of these containers is certain to fail. */
function profilesFor(
  context: PodContext,
  containers: readonly AssessedContainer[],
): readonly HandlerProfile[] {
  if (!containers.every(isStartable)) return [];
  return choosable(context).profiles.filter((profile) =>
    containers.every((container) => mayRun(context, profile, container)),
  );
}

function candidatesWith(
  context: PodContext,
  profiles: readonly HandlerProfile[],
): readonly (Candidate & { readonly class: RuntimeClass })[] {
  if (profiles.length === 0) return [];
  const wanted = new Set(profiles);
  return choosable(context).groups.flatMap(({ classes, profile }) => {
    const chosen = wanted.has(profile) ? mostPreferred(context, classes) : undefined;
    return chosen === undefined ? [] : [{ class: chosen, profile }];
  });
}

/**
 * Returns the classes that may run all of the containers, one of each group of equal classes. "No class" is a candidate, too, if
 * the Pod may run without one.
 */
export function candidatesFor(context: PodContext): readonly Candidate[] {
  const { containers } = context;
  return [...candidatesWith(context, profilesFor(context, containers)), ...withoutClass(context, containers)];
}

/** Reports whether any class, or no class, may run this one container. */
export function hasCandidate(context: PodContext, container: AssessedContainer): boolean {
  return profilesFor(context, [container]).length > 0 || withoutClass(context, [container]).length > 0;
}

/** Returns, for each container, the names of the classes that may run it alone. */
export function classesForEach(
  context: PodContext,
  containers: readonly AssessedContainer[],
): readonly (readonly string[])[] {
  const { profiles } = choosable(context);
  // A Pod has up to 256 containers and a cluster up to 1,000 classes, but few sets of profiles run one of the containers.
  const known = new Map<string, readonly string[]>();
  return containers.map((container) => {
    const running = profilesFor(context, [container]);
    const key = running.map((profile) => profiles.indexOf(profile)).join(' ');
    const names = known.get(key) ?? candidatesWith(context, running).map((one) => one.class.name);
    known.set(key, names);
    return names;
  });
}
