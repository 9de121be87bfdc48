import type { Taint } from '../../pod/cluster-objects.ts';
import type { Pod, Toleration } from '../../pod/pod.ts';

/** Equal as the scheduler reads them: an absent operator is `Equal`, an absent value or effect is the empty one. */
function isSame(left: Toleration, right: Toleration): boolean {
  return (
    (left.key ?? '') === (right.key ?? '') &&
    (left.operator ?? 'Equal') === (right.operator ?? 'Equal') &&
    (left.value ?? '') === (right.value ?? '') &&
    (left.effect ?? '') === (right.effect ?? '') &&
    left.tolerationSeconds === right.tolerationSeconds
  );
}

/** Those that the Pod does not have yet, each once. */
export function missingTolerations({ spec }: Pod, wanted: readonly Toleration[]): readonly Toleration[] {
  const own = spec.tolerations ?? [];
  return wanted.filter(
    (toleration, index) =>
      !own.some((other) => isSame(other, toleration)) &&
      wanted.findIndex((other) => isSame(other, toleration)) === index,
  );
}

const DEFAULTS = {
  /** Of a Pod, held against every taint of every node; operators that write many write a dozen. */
  most: 500,
} as const;

/** Whether one of these lets a Pod onto a node with this taint (component-helpers, `ToleratesTaint`). */
export function toleratesTaint(tolerations: readonly Toleration[], { key, value, effect }: Taint): boolean {
  const { most } = DEFAULTS;
  const looked = tolerations.length > most ? tolerations.slice(0, most) : tolerations;
  return looked.some((toleration) => {
    if ((toleration.effect ?? '') !== '' && toleration.effect !== effect) return false;
    if ((toleration.key ?? '') !== '' && toleration.key !== key) return false;
    // Operators other than these two are of a newer Kubernetes: nothing is concluded from them.
    return (toleration.operator ?? 'Equal') !== 'Equal' || (toleration.value ?? '') === (value ?? '');
  });
}
