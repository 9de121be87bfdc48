import type { Namespace } from '../pod/cluster-objects.ts';
import { namePatterns } from '../pod/name-patterns.ts';
import { SKIP_ANNOTATION } from '../pod/names.ts';
import type { StringMap } from '../pod/pod.ts';
import { isSystemNamespace, reasonOutOfScope } from '../pod/scope.ts';
import { evaluate } from '../policy/evaluate.ts';
import { applyMode, type Mode } from '../policy/mode.ts';
import type { PolicySettings } from '../policy/settings.ts';
import type { Assessment, AssessmentRequest, AssessPod, JudgedAssessment } from './assessment.ts';
import { gather } from './gather-facts.ts';
import type { ImageCatalog } from './image-catalog.ts';
import { judgeUpdate } from './judge-update.ts';
import type { ClusterPort, Logger, ServiceAccountsPort } from './ports.ts';
import { createPrecedents } from './precedents.ts';
import { resolveMode } from './resolve-mode.ts';
import { settleDecision } from './settle-decision.ts';
import { createSkipList } from './skip-list.ts';

interface AssessDeps {
  readonly catalog: ImageCatalog;
  readonly cluster: ClusterPort;
  /** Absent where there is no cluster to ask. */
  readonly serviceAccounts?: ServiceAccountsPort | undefined;
  readonly logger: Logger;
}

interface AssessOptions {
  readonly policy: PolicySettings;
  /** Where wasmgate itself runs: never judged, or it could keep itself from starting. */
  readonly ownNamespace: string;
}

const NOTHING: readonly string[] = [];
const NO_LABELS: StringMap = {};

/** What the Pod's namespace decides. */
interface Circumstances {
  readonly mode: Mode;
  readonly labels: StringMap;
  readonly notes: readonly string[];
}

function skipped(reason: string, notes: readonly string[] = NOTHING): Assessment {
  return { kind: 'skipped', reason, notes };
}

/** The use case behind every way in: scope, mode, facts, decision, outcome. */
export function createAssessPod(deps: AssessDeps, options: AssessOptions): AssessPod {
  const { policy, ownNamespace } = options;
  const { catalog, serviceAccounts } = deps;
  const isLeftAlone = namePatterns(policy.systemNamespaces);
  const precedents = createPrecedents();
  const gathering = { catalog, serviceAccounts, skipList: createSkipList(policy.skipImages) };

  /** A namespace younger than the watch is asked for once; where that fails, it counts as one without labels. */
  async function fetchNamespace({ namespace, deadline }: AssessmentRequest): Promise<Namespace | undefined> {
    try {
      return await deps.cluster.fetchNamespace(namespace, deadline.signal());
    } catch (error) {
      deps.logger.warn({ namespace, err: error }, 'cannot read namespace; the configured mode applies');
      return undefined;
    }
  }

  /** A refused Deployment is news to whoever applied it; a controller that is refused tries again for ever, and tells nobody. */
  function isBinding({ subject, isControlled = false }: AssessmentRequest): boolean {
    return subject === 'pod' || (policy.refuseTemplates && !isControlled);
  }

  function judged(
    request: AssessmentRequest,
    mode: Mode,
    judgement: Pick<JudgedAssessment, 'decision' | 'containers' | 'notes'>,
  ): JudgedAssessment {
    const outcome = applyMode(judgement.decision, mode);
    return { kind: 'judged', ...judgement, outcome, isBinding: isBinding(request) };
  }

  async function judge(
    request: AssessmentRequest,
    { mode, labels, notes }: Circumstances,
  ): Promise<Assessment> {
    const { subject, pod, previous, namespace, deadline } = request;
    const cluster = deps.cluster.view();
    if (previous !== undefined) {
      const judgement = await judgeUpdate(gathering, request, { previous, cluster, policy });
      return judged(request, mode, { ...judgement, notes });
    }
    const pending = gather(gathering, { subject, pod, namespace, cluster, deadline });
    if (mode === 'audit' && request.step === 'mutate') {
      // Nothing will be changed, so nothing is waited for: the look-ups go on and serve the validating call.
      pending.catch((error: unknown) => deps.logger.error({ err: error }, 'background look-up failed'));
      return skipped('mode audit changes nothing', notes);
    }
    const gathered = await pending;
    const isMutated = request.step === 'validate' && subject === 'pod' && mode !== 'audit';
    const limitRanges = cluster.limitRanges(namespace);
    const hasStaleClasses = deps.cluster.hasStaleClasses?.() === true;
    const { containers } = gathered;
    const facts = {
      pod,
      containers,
      cluster,
      namespaceLabels: labels,
      limitRanges,
      isMutated,
      hasStaleClasses,
    };
    const precedent = precedents.find({ facts, mode });
    if (precedent !== undefined) {
      return { kind: 'judged', ...precedent, isBinding: isBinding(request), containers, notes, precedent };
    }
    const settled = await settleDecision(gathered, policy.peek, (supposed) =>
      evaluate({ ...facts, containers: supposed }, policy),
    );
    const assessment = judged(request, mode, { ...settled, notes });
    // After a look inside the images, the next Pod like this one starts from better facts.
    if (settled.containers === containers) precedents.set({ facts, mode }, assessment);
    return assessment;
  }

  return async (request) => {
    const { pod, namespace } = request;
    if (isSystemNamespace(namespace, ownNamespace) || isLeftAlone(namespace))
      return skipped(`namespace ${namespace} is never judged`);
    const reason = reasonOutOfScope(pod);
    if (reason !== null) return skipped(reason);
    const found = deps.cluster.namespace(namespace) ?? (await fetchNamespace(request));
    const resolved = resolveMode(found, policy.mode);
    const notes = resolved.note === null ? [] : [resolved.note];
    if (resolved.mode === 'off') return skipped('mode off', notes);
    if (pod.metadata?.annotations?.[SKIP_ANNOTATION] === 'true') {
      if (policy.allowSkipAnnotation) return skipped(`annotation ${SKIP_ANNOTATION}`, notes);
      notes.push(`annotation ${SKIP_ANNOTATION} has no effect: the configuration does not allow it`);
    }
    return judge(request, { mode: resolved.mode, labels: found?.labels ?? NO_LABELS, notes });
  };
}
