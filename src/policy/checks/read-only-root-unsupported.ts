import { NO_FINDINGS, type Rule } from '../check.ts';
import { describeClass, describeContainer } from '../describe.ts';

export const readOnlyRootUnsupported: Rule = {
  id: 'read-only-root-unsupported',
  why:
    "Spin's shim writes /spin.json and a cache into the container's root before it starts, and fails if the root is " +
    'read-only.',
  checks: "securityContext.readOnlyRootFilesystem of Wasm containers, and the class's handler.",
  exempts: 'Other handlers: wasmtime, wasmedge and crun run with a read-only root. Linux sidecars.',
  example: 'A Spin application with securityContext: {readOnlyRootFilesystem: true}.',
  fix: 'Remove readOnlyRootFilesystem from the Spin container.',
  check: ({ resolved, wasmContainers }) => {
    const { class: runtimeClass, profile } = resolved;
    if (runtimeClass === null || profile?.needsWritableRoot !== true) return NO_FINDINGS;
    return wasmContainers
      .filter(({ container }) => container.securityContext?.readOnlyRootFilesystem === true)
      .map((assessed) => ({
        id: 'read-only-root-unsupported' as const,
        container: assessed.container.name,
        detail: `${describeContainer(assessed)} has a read-only root, but ${describeClass(runtimeClass)} writes to it at start`,
        advice: 'Remove readOnlyRootFilesystem from this container.',
      }));
  },
};
