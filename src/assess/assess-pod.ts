import type { ImageCatalog } from '../images/image-catalog.ts';
import type { Logger } from '../lib/logger.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import type { Namespace } from '../pod/cluster-objects.ts';
import { hasSignOfWasm } from '../policy/has-sign-of-wasm.ts';
import type { Assessment, AssessmentRequest, AssessPod, DecidedAssessment } from './assessment.ts';
import { createFetchClasses, dependsOnClasses } from './current-classes.ts';
import { createDecide, type Question } from './decide.ts';
import { deniedImages, NO_IMAGES, unreadImages } from './open-images.ts';
import type { ClusterPort, ServiceAccountsPort } from './ports.ts';
import { createReadImages, type ReadImagesDeps, type Wanted } from './read-images.ts';
import { circumstancesOf, skipped, skippedByItself, type ScopeOptions } from './scope.ts';
import { createSkipList } from './skip-list.ts';

interface AssessDeps {
  readonly catalog: ImageCatalog;
  readonly cluster: ClusterPort;
  readonly serviceAccounts: ServiceAccountsPort;
  readonly logger: Logger;
}

/** A question about a Pod, and what was decided with what it holds. */
interface Judged {
  readonly question: Question;
  readonly decided: DecidedAssessment;
}

interface AssessOptions extends ScopeOptions {
  /** Bounds how long Pods without a sign of Wasm wait for a registry that hangs. A webhook holds Pods up; a command has the time. */
  readonly boundsWaits?: boolean;
}

/** If unknown images are denied, or Wasm is the rule, to admit a Pod sooner is no service. */
function createPatience({ policy, boundsWaits = false }: AssessOptions): ReadImagesDeps['patienceFor'] {
  if (!boundsWaits || policy.scenario === 'wasm-first' || policy.onUnknownImage === 'deny')
    return () => 'whole';
  return (pod, cluster) => (hasSignOfWasm(pod, cluster, policy) ? 'whole' : 'bounded');
}

/** A namespace younger than the watch is fetched once; if that fails, it counts as one without labels. */
function createReadNamespace({ cluster, logger }: AssessDeps) {
  const warn = throttledWarn(logger, 'cannot read namespace; the configured mode applies');
  return async ({ namespace, deadline }: AssessmentRequest): Promise<Namespace | undefined> => {
    try {
      return cluster.namespace(namespace) ?? (await cluster.fetchNamespace(namespace, deadline.signal()));
    } catch (error) {
      warn({ namespace, err: error });
      return undefined;
    }
  };
}

/**
 * The use case behind every way in. `assess` is the whole path of a Pod, top to bottom; `recall` answers the Pods about which
 * everything is in memory, nearly all, without a promise, for which `assess` would take a tenth longer.
 */
export function createAssessPod(deps: AssessDeps, options: AssessOptions): AssessPod {
  const { cluster, logger } = deps;
  const { policy } = options;
  const skipList = createSkipList(policy.skipImages);
  const images = createReadImages({ ...deps, skipList, patienceFor: createPatience(options) });
  const { recall: recallDecision, decide, remember } = createDecide(policy);
  const fetchClasses = createFetchClasses(deps);
  const readNamespace = createReadNamespace(deps);
  const readsLayers = policy.peek !== 'off';

  function judge(question: Question): Judged {
    return { question, decided: decide(question) };
  }

  /** Images for which the Pod would be denied, and whose layers nobody has read. */
  function doubtful({ question, decided }: Judged): Wanted {
    return readsLayers ? deniedImages(question.images, decided.decision) : NO_IMAGES;
  }

  /** Judged anew with the layers of images for which the Pod would be denied, if there are any that nobody has read. */
  async function readDenied(judged: Judged): Promise<Judged> {
    const { question } = judged;
    const wanted = doubtful(judged);
    if (wanted.size === 0) return judged;
    const looking = { ...question.request, cluster: question.cluster };
    return judge({ ...question, images: await images.lookInside(question.images, wanted, looking) });
  }

  /** Judged anew with the RuntimeClasses of this moment, if the decision hangs on them and they are others. */
  async function listClasses(judged: Judged): Promise<Judged> {
    const { question, decided } = judged;
    const { request, hasStaleClasses } = question;
    if (!dependsOnClasses(decided.decision, hasStaleClasses)) return judged;
    // Without a live list the classes known before count: to leave Wasm Pods without one would be an outage of its own.
    const latest = (await fetchClasses(request)) ?? question.cluster;
    if (latest === question.cluster && !hasStaleClasses) return judged;
    return judge({ ...question, cluster: latest, hasStaleClasses: false });
  }

  async function assess(request: AssessmentRequest): Promise<Assessment> {
    // Scope: whose Pod it is, and what its namespace wants.
    const exempt = skippedByItself(request, options);
    if (exempt !== null) return exempt;
    const circumstances = circumstancesOf(request, await readNamespace(request), options);
    if (circumstances.kind === 'skipped') return circumstances;

    // Facts: what the images are, as their registries and, if they hint at Wasm, their layers show.
    const view = cluster.view();
    const reading = images.read(request, view);
    if (circumstances.mode === 'audit' && request.step === 'mutate') {
      // Nothing will be changed, so nothing is waited for: the lookups go on and serve the validating call.
      reading.catch((error: unknown) => logger.error({ err: error }, 'background lookup failed'));
      return skipped('mode audit changes nothing', circumstances.notes);
    }
    let known = await reading;
    if (readsLayers)
      known = await images.lookInside(known, unreadImages(known), { ...request, cluster: view });

    // Decision: before it stands, images that it denies are read, and classes that it misses are listed.
    const hasStaleClasses = cluster.hasStaleClasses();
    const question = { request, circumstances, cluster: view, hasStaleClasses, images: known };
    const read = await readDenied(judge(question));
    const listed = await listClasses(read);
    const last = listed === read ? read : await readDenied(listed);

    // Answer: the mode is in it already. The next Pod like this one gets it from memory, unless a look that goes on may mend it.
    if (doubtful(last).size === 0) remember(last.question, last.decided);
    return last.decided;
  }

  /** Null where something must be read, or looked at twice. */
  function recall(request: AssessmentRequest): Assessment | null {
    const exempt = skippedByItself(request, options);
    if (exempt !== null) return exempt;
    const namespace = cluster.namespace(request.namespace);
    if (namespace === undefined) return null;
    const circumstances = circumstancesOf(request, namespace, options);
    if (circumstances.kind === 'skipped') return circumstances;
    if (circumstances.mode === 'audit' && request.step === 'mutate') return null;
    const view = cluster.view();
    const known = images.recall(request, view);
    if (known === null) return null;
    const hasStaleClasses = cluster.hasStaleClasses();
    const question = { request, circumstances, cluster: view, hasStaleClasses, images: known };
    const remembered = recallDecision(question);
    if (remembered === undefined && readsLayers && unreadImages(known).size > 0) return null;
    const decided = remembered ?? decide(question);
    if (dependsOnClasses(decided.decision, hasStaleClasses)) return null;
    if (remembered !== undefined) return decided;
    if (doubtful({ question, decided }).size > 0) return null;
    remember(question, decided);
    return decided;
  }

  return (request) => recall(request) ?? assess(request);
}
