import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass } from '../describe.ts';

export const userNamespaceUnsupported: Rule = {
  id: 'user-namespace-unsupported',
  why:
    'runwasi shims know no user namespaces: the kubelet refuses to make such a Pod\'s sandbox, for ever ("does not support ' +
    'user namespaces").',
  checks: "spec.hostUsers, and the class's handler.",
  exempts: 'runc and crun, and Pods that leave hostUsers out.',
  example: 'hostUsers: false with runtimeClassName: wasmtime.',
  fix: 'Leave spec.hostUsers out; Wasm is a sandbox of its own.',
  check: ({ pod, resolved }) => {
    const { class: runtimeClass, profile } = resolved;
    if (pod.spec.hostUsers !== false || runtimeClass === null) return NO_FINDINGS;
    if (profile?.userNamespacesUnsupported !== true) return NO_FINDINGS;
    return [
      {
        id: 'user-namespace-unsupported',
        container: null,
        detail: `spec.hostUsers: false asks for a user namespace, which ${describeClass(runtimeClass)} does not support: the Pod will not start`,
        advice: 'Leave spec.hostUsers out.',
      },
    ];
  },
};
