import type { Decision } from '../policy/decision.ts';
import type { ClusterView } from '../policy/facts.ts';
import type { AssessmentRequest, DecidedAssessment } from './assessment.ts';
import type { Decide, Question } from './decide.ts';
import { whenKnown, type Eventually } from './eventually.ts';
import type { Gathered } from './gather-facts.ts';
import { ABOUT_CLASSES } from './leave-classes-open.ts';
import type { ClusterPort, Logger } from './ports.ts';

interface ConfirmDeps {
  readonly cluster: Pick<ClusterPort, 'fetchView'>;
  readonly logger: Logger;
  readonly decide: Decide;
  /** For clusters that are not the one that most are judged by: what is remembered of that one stays. */
  readonly decideAfresh: Decide;
}

/** Whether it would be another one if there were a class that the watch has not told of, or not told of yet. */
function hangsOnClasses({ findings, runtimeClass }: Decision, hasStaleClasses: boolean): boolean {
  const isAboutThem = findings.some(({ id }) => ABOUT_CLASSES.has(id));
  return isAboutThem || (hasStaleClasses && runtimeClass.origin === 'chosen');
}

/**
 * Decides; and where the decision hangs on which RuntimeClasses there are, looks once whether that is so now. A class may be
 * younger than the last word of the watch: manifests often bring it together with the Pods that need it.
 */
export function confirmClasses(deps: ConfirmDeps): Decide {
  /** Admissions without a list since there was one: the first tells, or each would have its line for as long as it lasts. */
  let without = 0;

  async function fetchView({ deadline }: AssessmentRequest): Promise<ClusterView | null> {
    try {
      const view = await deps.cluster.fetchView(deadline.signal());
      if (without > 0) deps.logger.info({ admissions: without }, 'RuntimeClasses can be listed again');
      without = 0;
      return view;
    } catch (error) {
      if (without === 0)
        deps.logger.warn({ err: error }, 'cannot list RuntimeClasses; those known before count');
      without += 1;
      return null;
    }
  }

  async function decideAgain(
    question: Question,
    gathered: Gathered,
    before: DecidedAssessment,
  ): Promise<DecidedAssessment> {
    const cluster = await fetchView(question.request);
    // Classes hardly ever change, and an API server that is too busy for lists still takes Pods: to leave those without a class,
    // and refuse them for it, made an outage of every Wasm workload of that.
    if (cluster === null) return deps.decide({ ...question, hasStaleClasses: false }, gathered);
    if (cluster === question.cluster && !question.hasStaleClasses) return before;
    return deps.decideAfresh({ ...question, cluster, hasStaleClasses: false }, gathered);
  }

  return (question, gathered): Eventually<DecidedAssessment> =>
    whenKnown(deps.decide(question, gathered), (assessment) =>
      hangsOnClasses(assessment.decision, question.hasStaleClasses)
        ? decideAgain(question, gathered, assessment)
        : assessment,
    );
}
