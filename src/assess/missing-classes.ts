import type { Logger } from '../lib/logger.ts';
import type { Decision } from '../policy/decision.ts';
import type { ClusterView } from '../policy/facts.ts';
import type { FindingId } from '../policy/finding-catalog.ts';
import type { AssessmentRequest } from './assessment.ts';
import type { ClusterPort } from './ports.ts';

/** Findings that only say that a class is not among the known ones. */
export const CLASS_FINDINGS: ReadonlySet<FindingId> = new Set<FindingId>([
  'runtime-class-missing',
  'no-runtime-class-for-image',
]);

/** Reports whether a RuntimeClass that the watch has not delivered yet could change this decision. */
export function dependsOnClasses({ findings, runtimeClass }: Decision, hasStaleClasses: boolean): boolean {
  if (hasStaleClasses && runtimeClass.origin === 'chosen') return true;
  return findings.some(({ id }) => CLASS_FINDINGS.has(id));
}

/** Lists the RuntimeClasses live; null if that fails. */
export type FetchClasses = (request: AssessmentRequest) => Promise<ClusterView | null>;

/**
 * Creates a live list of the RuntimeClasses. A class may be newer than the last event of the watch, because manifests often
 * create a class together with the Pods that need it.
 */
export function createFetchClasses(deps: {
  readonly cluster: Pick<ClusterPort, 'fetchView'>;
  readonly logger: Logger;
}): FetchClasses {
  /** Admissions since the last successful list. Only the first one logs; otherwise every admission of an outage would. */
  let without = 0;
  return async ({ deadline }) => {
    try {
      const view = await deps.cluster.fetchView(deadline.signal());
      if (without > 0) deps.logger.info({ admissions: without }, 'RuntimeClasses can be listed again');
      without = 0;
      return view;
    } catch (error) {
      if (without === 0)
        deps.logger.warn({ err: error }, 'cannot list RuntimeClasses; using those of the watch');
      without += 1;
      return null;
    }
  };
}
