import { Type } from 'typebox';
import { ACTIONS, type Action } from './decision.ts';
import { FINDING_IDS, type FindingId } from './finding-catalog.ts';

export type FindingActions = Readonly<Partial<Record<FindingId, Action>>>;

const action = Type.Union(ACTIONS.map((word) => Type.Literal(word)));

/** The operator's word on single findings; a name that is no finding is refused. */
export const findingActions = Type.Unsafe<FindingActions>(
  Type.Record(Type.String(), action, {
    propertyNames: { enum: FINDING_IDS },
    default: {},
    description:
      'What follows from a finding in mode enforce, for those that should not have their default: "wasmgate explain" lists all of them.',
  }),
);
