import type { ImageCatalog } from '../images/image-catalog.ts';
import type { Logger } from '../lib/logger.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import type { Namespace } from '../pod/cluster-objects.ts';
import { hasSignOfWasm } from '../policy/has-sign-of-wasm.ts';
import type { Assessment, AssessmentRequest, AssessPod, DecidedAssessment } from './assessment.ts';
import { createDecide, type GatheredFacts } from './decide.ts';
import { createFetchClasses, dependsOnClasses } from './missing-classes.ts';
import type { ClusterPort, ServiceAccountsPort } from './ports.ts';
import { createReadImages, type ReadImagesDeps } from './read-images.ts';
import { createReadLayers, deniedImages, NO_TARGETS, unreadImages, type PeekTargets } from './read-layers.ts';
import { resolveScope, skipAlways, skipped, type ScopeOptions } from './scope.ts';
import { createSkipList } from './skip-list.ts';

interface AssessDeps {
  readonly catalog: ImageCatalog;
  readonly cluster: ClusterPort;
  readonly serviceAccounts: ServiceAccountsPort;
  readonly logger: Logger;
}

/** A decision and the facts behind it. */
interface Result {
  readonly gathered: GatheredFacts;
  readonly decided: DecidedAssessment;
}

interface AssessOptions extends ScopeOptions {
  /** Bounds how long Pods without a sign of Wasm wait for a hanging registry. A webhook delays Pods; a command does not. */
  readonly boundsWaits?: boolean;
}

/** Never bounds waits if unknown images are denied, or Wasm is the rule: admitting a Pod sooner would not help it. */
function createWaitModeFor({ policy, boundsWaits = false }: AssessOptions): ReadImagesDeps['waitModeFor'] {
  if (!boundsWaits || policy.scenario === 'wasm-first' || policy.onUnknownImage === 'deny')
    return () => 'full';
  return (pod, cluster) => (hasSignOfWasm(pod, cluster, policy) ? 'full' : 'bounded');
}

/** Fetches a namespace that the watch has not delivered; if that fails, it counts as one without labels. */
function createReadNamespace({ cluster, logger }: AssessDeps) {
  const warn = throttledWarn(logger, 'cannot read namespace; the configured mode applies');
  return async ({ namespace, deadline }: AssessmentRequest): Promise<Namespace | undefined> => {
    try {
      return cluster.namespace(namespace) ?? (await cluster.fetchNamespace(namespace, deadline.signal()));
    } catch (error) {
      warn({ namespace, err: error }, { namespace });
      return undefined;
    }
  };
}

/**
 * Creates the use case behind every entry point. `assess` is the whole path of a Pod, top to bottom. `assessCached` takes the same
 * path with cached facts only and without a promise, which saves a tenth of the time for nearly all Pods.
 */
export function createAssessPod(deps: AssessDeps, options: AssessOptions): AssessPod {
  const { catalog, cluster, logger } = deps;
  const { policy } = options;
  const skipList = createSkipList(policy.skipImages);
  const waitModeFor = createWaitModeFor(options);
  const images = createReadImages({ ...deps, skipList, waitModeFor });
  const readLayers = createReadLayers({ catalog, waitModeFor });
  const decisions = createDecide(policy);
  const fetchClasses = createFetchClasses(deps);
  const readNamespace = createReadNamespace(deps);
  const readsLayers = policy.peek !== 'off';

  function decide(gathered: GatheredFacts): Result {
    return { gathered, decided: decisions.decide(gathered) };
  }

  /** Returns images for which the Pod would be denied and whose layers were not read. */
  function unreadDenied({ gathered, decided }: Result): PeekTargets {
    return readsLayers ? deniedImages(gathered.images, decided.decision) : NO_TARGETS;
  }

  /** Reads the layers of images for which the Pod would be denied, and decides again if there are any. */
  async function readDenied(result: Result): Promise<Result> {
    const { gathered } = result;
    const targets = unreadDenied(result);
    if (targets.size === 0) return result;
    const request = { ...gathered.request, cluster: gathered.cluster };
    return decide({ ...gathered, images: await readLayers(gathered.images, targets, request) });
  }

  /** Lists the RuntimeClasses if the decision depends on them, and decides again if they have changed. */
  async function listClasses(result: Result): Promise<Result> {
    const { gathered, decided } = result;
    const { request, hasStaleClasses } = gathered;
    if (!dependsOnClasses(decided.decision, hasStaleClasses)) return result;
    // If the list fails, the classes of the watch apply: leaving Wasm Pods without a class would be an outage of its own.
    const latest = (await fetchClasses(request)) ?? gathered.cluster;
    if (latest === gathered.cluster && !hasStaleClasses) return result;
    return decide({ ...gathered, cluster: latest, hasStaleClasses: false });
  }

  async function assess(request: AssessmentRequest): Promise<Assessment> {
    // Scope: whose Pod it is, and what its namespace sets.
    const exempt = skipAlways(request, options);
    if (exempt !== null) return exempt;
    const scope = resolveScope(request, await readNamespace(request), options);
    if (scope.kind === 'skipped') return scope;

    // Facts: what the images are, by their registries and, if they hint at Wasm, their layers.
    const view = cluster.view();
    const reading = images.read(request, view);
    if (scope.mode === 'audit' && request.step === 'mutate') {
      // Nothing will change, so the Pod does not wait: the lookups continue and serve the validating call.
      reading.catch((error: unknown) => logger.error({ err: error }, 'background lookup failed'));
      return skipped('mode audit changes nothing', scope.notes);
    }
    let known = await reading;
    if (readsLayers) known = await readLayers(known, unreadImages(known), { ...request, cluster: view });

    // Decision: before it is final, denied images are read, and missing classes are listed.
    const hasStaleClasses = cluster.hasStaleClasses();
    const gathered = { request, scope, cluster: view, hasStaleClasses, images: known };
    const read = await readDenied(decide(gathered));
    const listed = await listClasses(read);
    const last = listed === read ? read : await readDenied(listed);

    // Result: the mode is applied already. The decision is cached unless a pending read may change it.
    if (unreadDenied(last).size === 0) decisions.cache(last.gathered, last.decided);
    return last.decided;
  }

  /** Returns null if anything must be read or listed. */
  function assessCached(request: AssessmentRequest): Assessment | null {
    const exempt = skipAlways(request, options);
    if (exempt !== null) return exempt;
    const namespace = cluster.namespace(request.namespace);
    if (namespace === undefined) return null;
    const scope = resolveScope(request, namespace, options);
    if (scope.kind === 'skipped') return scope;
    if (scope.mode === 'audit' && request.step === 'mutate') return null;
    const view = cluster.view();
    const known = images.cached(request, view);
    if (known === null) return null;
    const hasStaleClasses = cluster.hasStaleClasses();
    const gathered = { request, scope, cluster: view, hasStaleClasses, images: known };
    const cached = decisions.cached(gathered);
    if (cached === undefined && readsLayers && unreadImages(known).size > 0) return null;
    const decided = cached ?? decisions.decide(gathered);
    if (dependsOnClasses(decided.decision, hasStaleClasses)) return null;
    if (cached !== undefined) return decided;
    if (unreadDenied({ gathered, decided }).size > 0) return null;
    decisions.cache(gathered, decided);
    return decided;
  }

  return (request) => assessCached(request) ?? assess(request);
}
