// why    The class decides which runtime starts the Pod. wasmgate copies its overhead, nodeSelector and tolerations unchanged.
//        In the API server's second round of mutation nothing else adds them, and the Pod would be rejected; in the first
//        round the copy saves a second call.
// writes spec.runtimeClassName, spec.overhead, spec.nodeSelector, spec.tolerations, an annotation that records the choice.
import { escapeSegment } from '../../pod/json-pointer.ts';
import { CHOSEN_CLASS_ANNOTATION } from '../../pod/names.ts';
import { NO_CHANGES, type Mutation } from '../check.ts';
import type { Change } from '../decision.ts';
import { missingTolerations } from '../nodes/taints.ts';

export const setRuntimeClass: Mutation = ({ pod, resolved }) => {
  const runtimeClass = resolved.class;
  if (resolved.origin !== 'chosen' || runtimeClass === null) return NO_CHANGES;
  const { name, handler, overhead, nodeSelector, tolerations } = runtimeClass;
  const reason = `required by RuntimeClass ${name}`;
  const changes: Change[] = [
    {
      op: 'add',
      path: '/spec/runtimeClassName',
      value: name,
      reason: `its handler ${handler} runs this Pod's images`,
    },
  ];
  if (overhead !== null && !pod.spec.overhead) {
    changes.push({
      op: 'add',
      path: '/spec/overhead',
      value: overhead,
      reason: `the overhead of RuntimeClass ${name}`,
    });
  }
  for (const [key, value] of Object.entries(nodeSelector ?? {})) {
    if (pod.spec.nodeSelector?.[key] !== undefined) continue;
    changes.push({ op: 'add', path: `/spec/nodeSelector/${escapeSegment(key)}`, value, reason });
  }
  for (const value of missingTolerations(pod, tolerations ?? [])) {
    changes.push({ op: 'add', path: '/spec/tolerations/-', value, reason });
  }
  const path = `/metadata/annotations/${escapeSegment(CHOSEN_CLASS_ANNOTATION)}`;
  changes.push({ op: 'add', path, value: name, reason: 'records that wasmgate chose the class' });
  return changes;
};
