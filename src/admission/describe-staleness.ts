import type { AssessedContainer, Staleness } from '../policy/facts.ts';
import type { Outcome } from '../policy/mode.ts';

/** For the audit log. A time, not an age: asked twice it says the same. */
export function staleMark({ since, reason }: Staleness): string {
  return `as of ${new Date(since).toISOString()}, now ${reason}`;
}

/** What is known of them is old, and something is said or done for their sake: then whoever is told should know. */
export function describeStale(containers: readonly AssessedContainer[], outcome: Outcome): readonly string[] {
  const { refusals, warnings, withheld } = outcome;
  const told = new Set([...refusals, ...warnings, ...withheld.refusals].map(({ container }) => container));
  return containers.flatMap(({ container, stale }) =>
    stale && told.has(container.name)
      ? `container "${container.name}" is judged by what its registry said at ${new Date(stale.since).toISOString()}; now it cannot be asked (${stale.reason})`
      : [],
  );
}
