import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeOverhead, hasOverheadConflict } from '../class-conflicts.ts';
import { describeClass } from '../describe.ts';

export const overheadConflict: Rule = {
  id: 'overhead-conflict',
  why: "The API server refuses a Pod whose overhead is not exactly its class's.",
  checks: 'spec.overhead, and the overhead of the class that the Pod names or would get.',
  exempts: 'Pods without an overhead of their own.',
  example: 'spec.overhead of 10Mi in a Pod whose class has none.',
  fix: 'Leave spec.overhead out: the API server sets it from the class.',
  check: ({ pod, resolved }) => {
    const { class: runtimeClass } = resolved;
    if (runtimeClass === null || !hasOverheadConflict(pod, runtimeClass)) return NO_FINDINGS;
    const [own, classes] = [pod.spec.overhead, runtimeClass.overhead].map(describeOverhead);
    return [
      {
        id: 'overhead-conflict',
        container: null,
        detail: `spec.overhead ${own} is not the overhead of ${describeClass(runtimeClass)}, ${classes}`,
        advice: 'Leave spec.overhead out: the API server sets it from the class.',
      },
    ];
  },
};
