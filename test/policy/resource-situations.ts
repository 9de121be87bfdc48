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

/** A Pod in a namespace, with everything that its resources depend on. */
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

/** The API server rejects a Pod without a main container. */
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

/** The Pod that the user wrote. */
export function written({ sketches: wanted, resources }: Pick<Situation, 'sketches' | 'resources'>): Pod {
  return podOf(wanted, resources === null ? {} : { resources });
}

/** Applies the changes with another implementation of patches than wasmgate's own. */
export function applied(pod: Pod, { changes }: Planned): Pod {
  const parents = changes.flatMap(({ path }) => {
    const parts = path.split('/');
    return [parts.slice(0, -2).join('/'), parts.slice(0, -1).join('/')];
  });
  // Through JSON, because two containers of the sketch may share one object.
  const copy = JSON.parse(JSON.stringify(pod)) as Pod;
  for (const path of parents) {
    const missing = fastJsonPatch.getValueByPointer(copy, path) === undefined;
    if (missing) fastJsonPatch.applyOperation(copy, { op: 'add', path, value: {} });
  }
  const operations = changes.map(({ op, path, value }): Operation => ({ op, path, value }));
  return fastJsonPatch.applyPatch(copy, operations, true).newDocument;
}
