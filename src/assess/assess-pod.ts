import { matchesGlob } from '../glob.ts';
import type { Namespace } from '../pod/cluster-objects.ts';
import { SKIP_ANNOTATION } from '../pod/names.ts';
import type { Pod, StringMap } from '../pod/pod.ts';
import { isSystemNamespace, reasonOutOfScope } from '../pod/scope.ts';
import { hasSignOfWasm } from '../policy/has-sign-of-wasm.ts';
import { applyMode } from '../policy/mode.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { Assessment, AssessmentRequest, AssessPod } from './assessment.ts';
import { confirmClasses } from './confirm-classes.ts';
import { decideUpdate } from './decide-update.ts';
import { createDecide, isBinding, type Circumstances } from './decide.ts';
import { whenKnown, type Eventually } from './eventually.ts';
import { gather, type GatherDeps } from './gather-facts.ts';
import type { ImageCatalog } from './images/image-catalog.ts';
import type { ClusterPort, Logger, ServiceAccountsPort } from './ports.ts';
import { resolveMode } from './resolve-mode.ts';
import { createSkipList } from './skip-list.ts';

interface AssessDeps {
  readonly catalog: ImageCatalog;
  readonly cluster: ClusterPort;
  readonly serviceAccounts: ServiceAccountsPort;
  readonly logger: Logger;
}

interface AssessOptions {
  readonly policy: PolicySettings;
  /** Where wasmgate itself runs: never judged, or it could keep itself from starting. */
  readonly ownNamespace: string;
  /** Whether Pods without a sign of Wasm wait less for a registry that hangs. A webhook holds Pods up; a command has the time. */
  readonly boundsWaits?: boolean;
}

const NOTHING: readonly string[] = [];
const NO_LABELS: StringMap = {};

function skipped(reason: string, notes: readonly string[] = NOTHING): Assessment {
  return { kind: 'skipped', reason, notes };
}

function isLeftAlone({ systemNamespaces }: PolicySettings, namespace: string): boolean {
  return systemNamespaces.some((pattern) => matchesGlob(pattern, namespace));
}

/** A namespace younger than the watch is asked for once; where that fails, it counts as one without labels. */
async function fetchNamespace(
  { cluster, logger }: Pick<AssessDeps, 'cluster' | 'logger'>,
  { namespace, deadline }: AssessmentRequest,
): Promise<Namespace | undefined> {
  try {
    return await cluster.fetchNamespace(namespace, deadline.signal());
  } catch (error) {
    logger.warn({ namespace, err: error }, 'cannot read namespace; the configured mode applies');
    return undefined;
  }
}

/** What becomes of an annotation that asks for the Pod to be left alone. */
interface SkipWish {
  readonly isGranted: boolean;
  /** Why it is not; null where there is nothing to say. */
  readonly note: string | null;
}

const NO_WISH: SkipWish = { isGranted: false, note: null };
const GRANTED: SkipWish = { isGranted: true, note: null };

function skipWishOf({ metadata }: Pod, { allowSkipAnnotation }: PolicySettings): SkipWish {
  const wish = metadata?.annotations?.[SKIP_ANNOTATION];
  if (wish === undefined || wish === 'false') return NO_WISH;
  if (wish === 'true' && allowSkipAnnotation) return GRANTED;
  const why =
    wish === 'true' ? 'the configuration does not allow it' : 'only the value "true" would have one';
  return { isGranted: false, note: `annotation ${SKIP_ANNOTATION} has no effect: ${why}` };
}

/** If unknown images are refused, or Wasm is the rule, to admit a Pod sooner is no service. */
function createPatience({ policy, boundsWaits = false }: AssessOptions): GatherDeps['patienceFor'] {
  if (!boundsWaits || policy.scenario === 'wasm-first' || policy.onUnknownImage === 'deny')
    return () => 'whole';
  return (pod, cluster) => (hasSignOfWasm(pod, cluster, policy) ? 'whole' : 'bounded');
}

/** The use case behind every way in: scope, mode, facts, decision, outcome. */
export function createAssessPod(deps: AssessDeps, options: AssessOptions): AssessPod {
  const { policy, ownNamespace } = options;
  const { catalog, serviceAccounts } = deps;
  const decide = confirmClasses({
    ...deps,
    decide: createDecide(policy),
    decideAfresh: createDecide(policy),
  });
  const gathering: GatherDeps = {
    catalog,
    serviceAccounts,
    skipList: createSkipList(policy.skipImages),
    patienceFor: createPatience(options),
  };

  const logBackground = (error: unknown): void =>
    deps.logger.error({ err: error }, 'background look-up failed');

  async function assessUpdate(
    request: AssessmentRequest,
    { mode, notes }: Circumstances,
    previous: Pod,
  ): Promise<Assessment> {
    const cluster = deps.cluster.view();
    const decided = await decideUpdate(gathering, request, { previous, cluster, policy });
    const outcome = applyMode(decided.decision, mode);
    return { kind: 'decided', ...decided, outcome, isBinding: isBinding(request, policy), notes };
  }

  function assess(request: AssessmentRequest, circumstances: Circumstances): Eventually<Assessment> {
    if (request.previous !== undefined) return assessUpdate(request, circumstances, request.previous);
    const { subject, pod, namespace, step, deadline } = request;
    const cluster = deps.cluster.view();
    const pending = gather(gathering, { subject, pod, namespace, cluster, deadline });
    if (circumstances.mode === 'audit' && step === 'mutate') {
      // Nothing will be changed, so nothing is waited for: the look-ups go on and serve the validating call.
      if (pending instanceof Promise) pending.catch(logBackground);
      return skipped('mode audit changes nothing', circumstances.notes);
    }
    return whenKnown(pending, (gathered) => {
      const hasStaleClasses = deps.cluster.hasStaleClasses();
      return decide({ request, circumstances, cluster, hasStaleClasses }, gathered);
    });
  }

  function assessIn(namespace: Namespace | undefined, request: AssessmentRequest): Eventually<Assessment> {
    const { mode, note } = resolveMode(namespace, policy.mode);
    const notes = note === null ? [] : [note];
    if (mode === 'off') return skipped('mode off', notes);
    const wish = skipWishOf(request.pod, policy);
    if (wish.isGranted) return skipped(`annotation ${SKIP_ANNOTATION}`, notes);
    if (wish.note !== null) notes.push(wish.note);
    return assess(request, { mode, labels: namespace?.labels ?? NO_LABELS, notes });
  }

  return (request) => {
    const { pod, namespace } = request;
    if (isSystemNamespace(namespace, ownNamespace) || isLeftAlone(policy, namespace))
      return skipped(`namespace ${namespace} is never judged`);
    const reason = reasonOutOfScope(pod);
    if (reason !== null) return skipped(reason);
    const known = deps.cluster.namespace(namespace);
    if (known !== undefined) return assessIn(known, request);
    return fetchNamespace(deps, request).then((found) => assessIn(found, request));
  };
}
