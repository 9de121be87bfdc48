import { LRUCache } from 'lru-cache';
import type { Verdict } from '../detect/verdict.ts';
import type { ImageFacts } from '../image/image-facts.ts';
import { estimateBytes } from '../lib/estimate-bytes.ts';
import { shapeOf } from '../pod/pod-shape.ts';
import type { StringMap } from '../pod/pod.ts';
import type { Decision } from '../policy/decision.ts';
import type { AssessedContainer, ClusterView, PodFacts } from '../policy/facts.ts';
import type { Mode, Outcome } from '../policy/mode.ts';

/** What was decided for a Pod, to serve for those that are like it. */
export interface Precedent {
  readonly decision: Decision;
  readonly outcome: Outcome;
}

/** A Pod's facts under a mode. */
export interface Case {
  readonly facts: PodFacts;
  readonly mode: Mode;
}

export interface Precedents {
  /** The same object for all that are alike. */
  readonly find: (wanted: Case) => Precedent | undefined;
  readonly set: (known: Case, precedent: Precedent) => void;
}

const DEFAULTS = {
  /** Some 5 KiB each. A cluster has as many as it has Pod templates with Wasm images. */
  maxEntries: 500,
  /** Bytes of memory, with the facts that an entry keeps from being forgotten: a Pod may be 3 MiB, and its image 4. */
  maxBytes: 8 * 1024 * 1024,
  /** Templates of a hundred containers stay below it; what does not is decided each time. */
  maxEntryBytes: 256 * 1024,
} as const;

interface Entry {
  readonly precedent: Precedent;
  readonly limitRanges: PodFacts['limitRanges'];
  readonly verdicts: readonly Verdict[];
  readonly images: readonly (ImageFacts | null)[];
}

/** Pods of ordinary images are decided faster than found. */
function isOrdinary({ pod, containers }: PodFacts): boolean {
  return !pod.spec.runtimeClassName && containers.every(({ verdict }) => verdict.kind === 'container');
}

/** The one label that differs in every namespace, and says no more than its name. */
const NAME_LABEL = 'kubernetes.io/metadata.name';
const labelTexts = new WeakMap<StringMap, string>();

/** Labels stay the same objects until the watch brings others. */
function textOf(labels: StringMap): string {
  const known = labelTexts.get(labels);
  if (known !== undefined) return known;
  const text = JSON.stringify(Object.entries(labels).filter(([key]) => key !== NAME_LABEL));
  labelTexts.set(labels, text);
  return text;
}

function keyOf({ facts, mode }: Case): string {
  const { isMutated, isJustKnown, hasStaleClasses, namespaceLabels, pod } = facts;
  const flags = `${isMutated} ${isJustKnown === true} ${hasStaleClasses === true}`;
  return `${mode} ${flags} ${textOf(namespaceLabels)} ${shapeOf(pod)}`;
}

/** Verdicts and image facts are made once and never changed: the same objects say the same. */
function isSame({ verdicts, images }: Entry, containers: readonly AssessedContainer[]): boolean {
  return (
    verdicts.length === containers.length &&
    containers.every(({ verdict, facts }, index) => verdict === verdicts[index] && facts === images[index])
  );
}

/**
 * Decisions by the shape of the Pod that they were made for. A decision is a function of its facts, Pods come in replicas,
 * and to see that two are alike takes a tenth of the time that it takes to decide.
 */
export function createPrecedents(): Precedents {
  const { maxEntries, maxBytes, maxEntryBytes } = DEFAULTS;
  const entries = new LRUCache<string, Entry>({
    max: maxEntries,
    maxSize: maxBytes,
    maxEntrySize: maxEntryBytes,
    sizeCalculation: (entry, key) => estimateBytes(key) + estimateBytes(entry),
  });
  let view: ClusterView | null = null;

  return {
    find: (wanted) => {
      const { cluster, containers, limitRanges } = wanted.facts;
      if (isOrdinary(wanted.facts)) return undefined;
      if (cluster !== view) {
        // The cluster has changed, and with it any decision may have.
        entries.clear();
        view = cluster;
      }
      const entry = entries.get(keyOf(wanted));
      const isGood = entry !== undefined && entry.limitRanges === limitRanges && isSame(entry, containers);
      return isGood ? entry.precedent : undefined;
    },
    set: (known, { decision, outcome }) => {
      const { cluster, containers, limitRanges } = known.facts;
      if (cluster !== view || isOrdinary(known.facts)) return;
      entries.set(keyOf(known), {
        precedent: { decision, outcome },
        limitRanges,
        verdicts: containers.map(({ verdict }) => verdict),
        images: containers.map(({ facts }) => facts),
      });
    },
  };
}
