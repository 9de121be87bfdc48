import type { AuditedWorkload } from '../audit-report.ts';
import type { ClassUse } from './class-capability.ts';

/** The classes that workloads name which wasmgate does not judge, such as those of kube-system: their rows show none. */
export interface UnjudgedUse {
  /** @param key of the workload, which counts once for itself and its Pods */
  readonly add: (key: string, className: unknown) => void;
  readonly counts: () => ReadonlyMap<string, number>;
}

export function createUnjudgedUse(): UnjudgedUse {
  const users = new Map<string, Set<string>>();
  return {
    add: (key, className) => {
      if (typeof className !== 'string' || className === '') return;
      const known = users.get(className) ?? new Set();
      users.set(className, known.add(key));
    },
    counts: () => new Map([...users].map(([name, keys]) => [name, keys.size])),
  };
}

const UNUSED: ClassUse = { named: 0, chosen: 0 };

/** Counts the workloads that name each class, or for which wasmgate chooses it. */
export function countClassUse(
  workloads: readonly AuditedWorkload[],
  unjudged: ReadonlyMap<string, number>,
): ReadonlyMap<string, ClassUse> {
  const use = new Map<string, ClassUse>();
  for (const [name, count] of unjudged) use.set(name, { named: count, chosen: 0 });
  for (const { runtimeClass } of workloads) {
    if (runtimeClass === null) continue;
    const { name, origin } = runtimeClass;
    const { named, chosen } = use.get(name) ?? UNUSED;
    use.set(name, origin === 'chosen' ? { named, chosen: chosen + 1 } : { named: named + 1, chosen });
  }
  return use;
}
