import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeOverhead, hasOverheadConflict } from '../class-conflicts.ts';
import { describeClass } from '../describe.ts';

export const overheadConflict: Rule = {
  id: 'overhead-conflict',
  why:
    "The API server rejects a Pod whose overhead is not exactly its class's: `pod rejected: Pod's Overhead doesn't " +
    "match RuntimeClass's defined Overhead`.",
  checks: 'spec.overhead, and the overhead of the class that the Pod names or would get.',
  exempts: 'Pods that set no overhead.',
  example: 'spec.overhead of 10Mi in a Pod whose class has none.',
  fix: 'Remove spec.overhead: the API server sets it from the class.',
  check: ({ pod, resolved }) => {
    const { class: runtimeClass } = resolved;
    if (runtimeClass === null || !hasOverheadConflict(pod, runtimeClass)) return NO_FINDINGS;
    const [own, classes] = [pod.spec.overhead, runtimeClass.overhead].map(describeOverhead);
    return [
      {
        id: 'overhead-conflict',
        container: null,
        detail: `spec.overhead ${own} differs from that of ${describeClass(runtimeClass)}, ${classes}`,
        advice: 'Remove spec.overhead: the API server sets it from the class.',
      },
    ];
  },
};
