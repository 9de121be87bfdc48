import type { ClusterPort } from '../../../src/assess/ports.ts';
import type { ClusterView } from '../../../src/policy/facts.ts';

/** Returns a constant cluster, except for `parts`. */
export function clusterPort(view: ClusterView, parts: Partial<ClusterPort> = {}): ClusterPort {
  return {
    view: () => view,
    hasStaleClasses: () => false,
    fetchView: () => Promise.resolve(view),
    namespace: (name) => ({ name, labels: {} }),
    fetchNamespace: (name) => Promise.resolve({ name, labels: {} }),
    ...parts,
  };
}
