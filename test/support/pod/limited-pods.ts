import type { LimitRange, LimitRangeItem } from '../../../src/pod/cluster-objects.ts';
import type { Quantities, ResourceRequirements } from '../../../src/pod/pod.ts';
import { parseQuantity } from '../../../src/policy/resources/quantity.ts';
import { stored } from '../kubernetes/api-server-model.ts';
import { fc } from '../lib/properties.ts';

/** Generators of what determines resources, with values close enough to interact. */

const VALUES = {
  memory: ['1Mi', '8Mi', '16Mi', '20Mi', '32Mi', '64Mi', '100M', '128Mi', '0.5Gi', '2Gi'],
  cpu: ['10m', '50m', '0.1', '200m', '500m', '1', '2500m'],
} as const;

function ascending(values: readonly string[]): readonly string[] {
  return values.toSorted((a, b) => Number(parseQuantity(a) - parseQuantity(b)));
}

/** Quantities of all, some or none of the resources. */
function byResource(from: (values: readonly string[]) => fc.Arbitrary<string>): fc.Arbitrary<Quantities> {
  return fc.record({ memory: from(VALUES.memory), cpu: from(VALUES.cpu) }, { requiredKeys: [] });
}

const anything = byResource((values) => fc.constantFrom(...values));

/** Requests within the limits. */
const consistent: fc.Arbitrary<ResourceRequirements> = fc
  .tuple(
    byResource((values) => fc.constantFrom(...values.slice(0, 5))),
    byResource((values) => fc.constantFrom(...values.slice(4))),
  )
  .map(([requests, limits]) => ({ requests, limits }));

/** What people write: mostly nothing, or something sensible. */
export const requirements: fc.Arbitrary<ResourceRequirements> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  { weight: 4, arbitrary: consistent },
  { weight: 1, arbitrary: fc.record({ requests: anything, limits: anything }, { requiredKeys: [] }) },
);

/** The same for a whole Pod, with larger values. */
export const podRequirements: fc.Arbitrary<ResourceRequirements> = fc.record(
  {
    requests: byResource((values) => fc.constantFrom(...values.slice(5))),
    limits: byResource((values) => fc.constantFrom(...values.slice(5))),
  },
  { requiredKeys: [] },
);

interface Ladder {
  readonly min: string | null;
  readonly defaultRequest: string | null;
  readonly default: string | null;
  readonly max: string | null;
}

/** min ≤ defaultRequest ≤ default ≤ max, or the API server rejects the LimitRange; any of them may be absent. */
function ladder(values: readonly string[]): fc.Arbitrary<Ladder> {
  const rung = fc.option(fc.constantFrom(...values), { freq: 1 });
  return fc
    .tuple(fc.option(fc.constantFrom(...values.slice(0, 4)), { freq: 1 }), rung, rung, rung)
    .map((rungs) => {
      const sorted = ascending(rungs.filter((text) => text !== null));
      let used = 0;
      const [min = null, defaultRequest = null, byDefault = null, max = null] = rungs.map((text) =>
        text === null ? null : (sorted[used++] ?? null),
      );
      return { min, defaultRequest, default: byDefault, max };
    });
}

type LadderOf = Readonly<Record<'memory' | 'cpu', Ladder>>;

function pick(field: keyof Ladder, { memory, cpu }: LadderOf): Quantities | null {
  const found = {
    ...(memory[field] === null ? {} : { memory: memory[field] }),
    ...(cpu[field] === null ? {} : { cpu: cpu[field] }),
  };
  return Object.keys(found).length === 0 ? null : found;
}

/** The API server rejects a ratio that contradicts its min and max. */
function withRatio(item: LimitRangeItem, ratios: Quantities): LimitRangeItem {
  const entries = Object.entries(ratios).filter(
    ([name]) => item.min?.[name] === undefined || item.max?.[name] === undefined,
  );
  return entries.length === 0 ? item : { ...item, maxLimitRequestRatio: Object.fromEntries(entries) };
}

const ratios: fc.Arbitrary<Quantities> = fc.record(
  { memory: fc.constantFrom('1', '1.5', '2', '4'), cpu: fc.constantFrom('1', '3', '10') },
  { requiredKeys: [] },
);

const item: fc.Arbitrary<LimitRangeItem> = fc
  .record({
    type: fc.constantFrom('Container' as const, 'Pod' as const),
    memory: ladder(VALUES.memory),
    cpu: ladder(VALUES.cpu),
    ratio: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: ratios }),
  })
  .map(({ type, ratio, ...ladders }) => {
    const isContainer = type === 'Container';
    const bare = {
      type,
      min: pick('min', ladders),
      defaultRequest: isContainer ? pick('defaultRequest', ladders) : null,
      default: isContainer ? pick('default', ladders) : null,
      max: pick('max', ladders),
      maxLimitRequestRatio: null,
    };
    return stored(withRatio(bare, ratio));
  });

export const limitRanges: fc.Arbitrary<readonly LimitRange[]> = fc
  .array(fc.uniqueArray(item, { minLength: 1, maxLength: 2, selector: ({ type }) => type }), { maxLength: 2 })
  .map((all) => all.map((limits, index) => ({ name: `range-${index}`, namespace: 'default', limits })));
