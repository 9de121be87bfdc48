import type { JsonObject } from '../../lib/json.ts';
import type { Manifest } from './manifests.ts';

/** Kinds that say something of a cluster, by `group/kind`. */
const FACT_KINDS: ReadonlySet<string> = new Set([
  'node.k8s.io/RuntimeClass',
  '/Node',
  '/Namespace',
  '/LimitRange',
  '/ServiceAccount',
  '/Secret',
]);

export function isFact({ group, kind }: Manifest): boolean {
  return FACT_KINDS.has(`${group}/${kind}`);
}

export function factsOf(manifests: readonly Manifest[]): readonly JsonObject[] {
  return manifests.filter(isFact).map(({ object }) => object);
}
