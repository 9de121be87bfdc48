import type { Pod, Toleration } from '../pod/pod.ts';

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
