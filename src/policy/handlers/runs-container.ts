import type { AssessedContainer } from '../facts.ts';
import { canRun, type HandlerProfile, type Runs } from './can-run.ts';

/** A sidecar that is unknown, or is no workload at all, counts as what most sidecars are. */
const AS_CONTAINER = { kind: 'container', evidence: [] } as const;

/** What a handler makes of one container of the Pod. */
export function runsContainer(profile: HandlerProfile, { verdict }: AssessedContainer): Runs {
  const isOpen = verdict.kind === 'unknown' || verdict.kind === 'not-a-workload';
  return canRun(profile, isOpen ? AS_CONTAINER : verdict);
}
