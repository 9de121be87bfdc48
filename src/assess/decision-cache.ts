import { LRUCache } from 'lru-cache';
import type { Verdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { estimateBytes } from '../lib/estimate-bytes.ts';
import { oncePer } from '../lib/once-per.ts';
import { shapeOf } from '../pod/pod-shape.ts';
import type { StringMap } from '../pod/pod.ts';
import type { Decision } from '../policy/decision.ts';
import type { AssessedContainer, ClusterView, PodFacts } from '../policy/facts.ts';
import type { Mode, Outcome } from '../policy/mode.ts';

/** A decision on a Pod, reused for similar Pods. */
export interface CachedDecision {
  readonly decision: Decision;
  readonly outcome: Outcome;
}

/** The inputs of a decision, besides the settings. */
export interface DecisionInput {
  readonly facts: PodFacts;
  readonly mode: Mode;
}

export interface DecisionCache {
  /** Returns the same object for all similar Pods. */
  readonly get: (input: DecisionInput) => CachedDecision | undefined;
  readonly set: (input: DecisionInput, decided: CachedDecision) => void;
}

const DECISION_CACHE_LIMITS = {
  /** Some 5 KiB each. A cluster needs one for each Pod template with a Wasm image. */
  maxEntries: 500,
  /** Bytes of memory, with the facts that an entry keeps alive: a Pod may be 3 MiB, and the facts of its image 4. */
  maxBytes: 8 * 1024 * 1024,
  /** Templates of a hundred containers are smaller. A larger decision is not cached. */
  maxEntryBytes: 256 * 1024,
} as const;

interface Entry {
  readonly decided: CachedDecision;
  readonly limitRanges: PodFacts['limitRanges'];
  readonly verdicts: readonly Verdict[];
  readonly images: readonly (ImageFacts | null)[];
}

/** Reports whether the Pod has ordinary images only: deciding on it is faster than a cache lookup. */
function isOrdinary({ pod, containers }: PodFacts): boolean {
  return !pod.spec.runtimeClassName && containers.every(({ verdict }) => verdict.kind === 'container');
}

/** The only label that differs in every namespace; it repeats the name. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

/** Returns the labels as text, cached because they stay the same object until the watch delivers others. */
const textOf = oncePer((labels: StringMap): string =>
  JSON.stringify(Object.entries(labels).filter(([key]) => key !== NAME_LABEL)),
);

function keyOf({ facts, mode }: DecisionInput): string {
  const { isMutated, isJustKnown, hasStaleClasses, namespaceLabels, exceptions, pod } = facts;
  const flags = `${isMutated} ${isJustKnown === true} ${hasStaleClasses === true}`;
  const excepted = exceptions === undefined || exceptions.size === 0 ? '' : [...exceptions].join(',');
  return `${mode} ${flags} ${excepted} ${textOf(namespaceLabels)} ${shapeOf(pod)}`;
}

/** Verdicts and image facts never change once created, so identity is enough. */
function isSame({ verdicts, images }: Entry, containers: readonly AssessedContainer[]): boolean {
  return (
    verdicts.length === containers.length &&
    containers.every(({ verdict, facts }, index) => verdict === verdicts[index] && facts === images[index])
  );
}

/**
 * Creates a cache of decisions by the shape of their Pods. A decision is a function of its facts, and Pods come in replicas:
 * finding the decision of a Pod like this one takes a tenth of the time of deciding.
 */
export function createDecisionCache(): DecisionCache {
  const { maxEntries, maxBytes, maxEntryBytes } = DECISION_CACHE_LIMITS;
  const entries = new LRUCache<string, Entry>({
    max: maxEntries,
    maxSize: maxBytes,
    maxEntrySize: maxEntryBytes,
    sizeCalculation: (entry, key) => estimateBytes(key) + estimateBytes(entry, maxEntryBytes),
  });
  let view: ClusterView | null = null;

  return {
    get: (input) => {
      const { cluster, containers, limitRanges } = input.facts;
      if (isOrdinary(input.facts)) return undefined;
      if (cluster !== view) {
        // A change of the cluster may change any decision.
        entries.clear();
        view = cluster;
      }
      const entry = entries.get(keyOf(input));
      const isValid = entry !== undefined && entry.limitRanges === limitRanges && isSame(entry, containers);
      return isValid ? entry.decided : undefined;
    },
    set: (input, { decision, outcome }) => {
      const { cluster, containers, limitRanges } = input.facts;
      if (cluster !== view || isOrdinary(input.facts)) return;
      entries.set(keyOf(input), {
        decided: { decision, outcome },
        limitRanges,
        verdicts: containers.map(({ verdict }) => verdict),
        images: containers.map(({ facts }) => facts),
      });
    },
  };
}
