import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass } from '../describe.ts';

export const userNamespaceUnsupported: Rule = {
  id: 'user-namespace-unsupported',
  why:
    'runwasi shims do not support user namespaces. The Pod stays in ContainerCreating with FailedCreatePodSandBox: ' +
    '`can\'t set `spec.hostUsers: false`, RuntimeClass handler "wasmtime" does not support user namespaces`.',
  checks: "spec.hostUsers, and the class's handler.",
  exempts: 'runc and crun; Pods that do not set hostUsers.',
  example: 'hostUsers: false with runtimeClassName: wasmtime.',
  fix: 'Remove spec.hostUsers; Wasm is a sandbox of its own.',
  check: ({ pod, resolved }) => {
    const { class: runtimeClass, profile } = resolved;
    if (pod.spec.hostUsers !== false || runtimeClass === null) return NO_FINDINGS;
    if (profile?.userNamespacesUnsupported !== true) return NO_FINDINGS;
    return [
      {
        id: 'user-namespace-unsupported',
        container: null,
        detail: `spec.hostUsers: false needs user namespaces, which ${describeClass(runtimeClass)} does not support: the Pod will not start`,
        advice: 'Remove spec.hostUsers.',
      },
    ];
  },
};
