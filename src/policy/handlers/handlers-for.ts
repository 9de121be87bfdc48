import type { AssessedContainer } from '../facts.ts';
import { runs } from '../select-runtime-class.ts';
import type { PolicySettings } from '../settings.ts';
import { handlerTable } from './handler-table.ts';

/** Names of handlers that would run this one container, unconditional ones first. */
export function handlersFor(container: AssessedContainer, settings: PolicySettings): readonly string[] {
  const outcomes = handlerTable(settings).profiles.map((profile) => ({
    name: profile.name,
    outcome: runs(profile, container).runs,
  }));
  return ['yes', 'conditional'].flatMap((wanted) =>
    outcomes.filter(({ outcome }) => outcome === wanted).map(({ name }) => name),
  );
}
