import type { Cluster } from '../kubernetes/cluster.ts';
import { COLLECTION_NAMES, resourceOf } from '../kubernetes/collections.ts';
import type { Checks } from '../server/health.ts';

/** Returns a check for each collection: wasmgate serves once it has listed them all, and judges by what it knew from then on. */
export function checkWatches({ states }: Pick<Cluster, 'states'>): Checks {
  return Object.fromEntries(
    COLLECTION_NAMES.map((name) => [
      resourceOf(name),
      () => {
        const { ready, current } = states()[name];
        if (!ready) return `waiting for the first list of ${name}`;
        return current ? null : { remark: 'its watch failed, so what wasmgate knows may be outdated' };
      },
    ]),
  );
}

/** Passes reloads of the configuration on, and returns a check that remarks on rejected files. */
export function checkReloads(onReload: (result: 'success' | 'failure') => void) {
  let isRejected = false;
  const check: Checks[string] = () =>
    isRejected ? { remark: 'its files are invalid, so the previous one stays in use' } : null;
  return {
    check,
    onReload: (result: 'success' | 'failure'): void => {
      isRejected = result === 'failure';
      onReload(result);
    },
  };
}
