import fastJsonPatch, { type Operation } from 'fast-json-patch';
import type { LimitRange } from '../../src/pod/cluster-objects.ts';
import type { Pod, ResourceRequirements } from '../../src/pod/pod.ts';
import { TIERS } from '../../src/policy/settings.ts';
import { fc } from '../support/lib/properties.ts';
import { limitRanges, podRequirements, requirements } from '../support/pod/limited-pods.ts';
import {
  GO,
  HUGE,
  layerImage,
  LINUX,
  podOf,
  type Planned,
  SMALL,
  tarImage,
  type Settings,
  type Sketch,
} from './resource-pods.ts';

/** A Pod in a namespace, and what is asked about it. */
export interface Situation {
  readonly sketches: readonly Sketch[];
  readonly resources: ResourceRequirements | null;
  readonly limitRanges: readonly LimitRange[];
  readonly handler: string;
  readonly settings: Settings;
  readonly cores: string | null;
}

const sketch = fc.record({
  image: fc.constantFrom(SMALL, GO, HUGE, LINUX, layerImage(2), tarImage(0.2)),
  resources: requirements,
  kind: fc.constantFrom('main' as const, 'init' as const, 'sidecar' as const),
});

/** The API server takes no Pod without a main container. */
const sketches = fc
  .array(sketch, { minLength: 1, maxLength: 3 })
  .map(([first, ...others]): readonly Sketch[] =>
    first === undefined ? [] : [{ ...first, kind: 'main' }, ...others],
  );

export const situations: fc.Arbitrary<Situation> = fc.record({
  sketches,
  resources: fc.option(podRequirements, { nil: null, freq: 1 }),
  limitRanges,
  handler: fc.constantFrom('crun', 'wasmtime', 'wasmedge', 'spin'),
  settings: fc.record({ tier: fc.constantFrom(...TIERS, 'none' as const), cpuLimit: fc.boolean() }),
  cores: fc.constantFrom('2', '16', null),
});

/** As the user wrote it. */
export function written({ sketches: wanted, resources }: Pick<Situation, 'sketches' | 'resources'>): Pod {
  return podOf(wanted, resources === null ? {} : { resources });
}

/** The Pod with our values, by another implementation of patches than our own. */
export function applied(pod: Pod, { changes }: Planned): Pod {
  const parents = changes.flatMap(({ path }) => {
    const parts = path.split('/');
    return [parts.slice(0, -2).join('/'), parts.slice(0, -1).join('/')];
  });
  // By way of JSON: two containers may share one object here, and never do there.
  const copy = JSON.parse(JSON.stringify(pod)) as Pod;
  for (const path of parents) {
    const missing = fastJsonPatch.getValueByPointer(copy, path) === undefined;
    if (missing) fastJsonPatch.applyOperation(copy, { op: 'add', path, value: {} });
  }
  const operations = changes.map(({ op, path, value }): Operation => ({ op, path, value }));
  return fastJsonPatch.applyPatch(copy, operations, true).newDocument;
}
