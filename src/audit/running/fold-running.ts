import type { Owners } from '../../assess/unjudged/recreation.ts';
import type { JsonObject } from '../../lib/json.ts';
import { metadataText } from '../../pod/object-metadata.ts';
import type { AuditedWorkload } from '../audit-report.ts';
import { objectKey, referenceOf, type Ownership } from '../ownership.ts';
import { openMatters, reportClass, reportImages, unknownIn, type Knowledge } from '../report-review.ts';
import type { OpenMatter, ReportedImage, ReportedItem } from '../reported-item.ts';
import { reportLack, type CountedLack } from './describe-lack.ts';
import type { JudgedPod, LeftPod, RunningPod } from './judge-running.ts';

const FOLD_LIMITS = {
  /** Names of Pods: enough to look at one, in a line that people read. */
  examples: 3,
  /** Findings, images and notes of one owner. Its template has a few; but an ownerReference is its author's text. */
  kept: 64,
} as const;

interface Folded {
  readonly namespace: string;
  readonly owners: Owners;
  readonly examples: string[];
  readonly lacks: Map<string, CountedLack>;
  readonly images: Map<string, ReportedImage>;
  readonly notes: Map<string, number>;
  readonly hangsOn: Set<OpenMatter>;
  running: number;
  failing: number;
  /** Mode and class come from the first Pod that was judged. */
  mode: ReportedItem['mode'];
  runtimeClass: ReportedItem['runtimeClass'];
}

function createFolded(namespace: string, owners: Owners): Folded {
  return {
    namespace,
    owners,
    examples: [],
    lacks: new Map(),
    images: new Map(),
    notes: new Map(),
    hangsOn: new Set(),
    running: 0,
    failing: 0,
    mode: null,
    runtimeClass: null,
  };
}

/** Adds to a map of bounded size. */
function update<Value>(
  map: Map<string, Value>,
  key: string,
  next: (known: Value | undefined) => Value,
): void {
  const known = map.get(key);
  if (known !== undefined || map.size < FOLD_LIMITS.kept) map.set(key, next(known));
}

function addExample(examples: string[], name: string): void {
  if (examples.length < FOLD_LIMITS.examples) examples.push(name);
}

function addNote({ notes }: Folded, note: string): void {
  update(notes, note, (count = 0) => count + 1);
}

function addRunning(owner: Folded, { pod, lacks, assessment }: RunningPod, knowledge: Knowledge): void {
  const name = pod.metadata?.name ?? '';
  if (owner.running === 0) {
    owner.mode = assessment.outcome.mode;
    const { runtimeClass } = assessment.decision;
    // A chosen class is one that the Pods do not have.
    owner.runtimeClass = runtimeClass.origin === 'chosen' ? null : reportClass(runtimeClass, pod, knowledge);
  }
  owner.running += 1;
  const isFailing = lacks.some(({ action }) => action === 'deny');
  if (isFailing) {
    owner.failing += 1;
    addExample(owner.examples, name);
  } else {
    for (const matter of openMatters(assessment, assessment.hangsOn ?? [])) owner.hangsOn.add(matter);
  }
  for (const lack of lacks) {
    const key = `${lack.id} ${lack.container ?? ''} ${lack.severity}`;
    update(owner.lacks, key, (known = { lack, pods: 0, examples: [] }) => {
      addExample(known.examples, name);
      return { ...known, pods: known.pods + 1 };
    });
  }
  for (const image of reportImages(assessment))
    update(owner.images, `${image.container} ${image.image}`, () => image);
  for (const { container, detail } of unknownIn(assessment))
    addNote(owner, `container "${container}": ${detail}`);
  for (const note of assessment.notes) addNote(owner, note);
}

function addLeft(owner: Folded, { reason, notes, isBroken }: LeftPod): void {
  if (isBroken) owner.hangsOn.add('manifest');
  for (const note of [reason, ...notes]) addNote(owner, note);
}

function outcomeOf({
  running,
  failing,
  hangsOn,
}: Folded): Pick<ReportedItem, 'outcome' | 'refuses' | 'hangsOn'> {
  if (failing > 0) return { outcome: 'refused', refuses: null, hangsOn: [] };
  if (hangsOn.size > 0) return { outcome: 'undecided', refuses: null, hangsOn: [...hangsOn] };
  return { outcome: running > 0 ? 'admitted' : 'skipped', refuses: null, hangsOn: [] };
}

function rowOf(owner: Folded): AuditedWorkload {
  const { namespace, owners, running, failing, examples, mode, runtimeClass } = owner;
  const [first] = owners;
  const { apiVersion, kind, name, uid } = owners.at(-1) ?? first;
  return {
    subject: { apiVersion, kind, namespace, name, uid },
    ...outcomeOf(owner),
    mode,
    runtimeClass,
    changes: [],
    patch: [],
    pods: { running, failing, examples },
    findings: [...owner.lacks.values()].map((lack) => reportLack(lack, owner)),
    images: [...owner.images.values()],
    notes: [...owner.notes].map(([note, count]) => (count === 1 ? note : `${count} Pods: ${note}`)),
  };
}

/** Joins what judging says of Pods to one row for each owner, in memory that does not grow with the number of Pods. */
export interface RunningFold {
  /** Returns the key of the owner, by `objectKey`. */
  readonly add: (object: JsonObject, judged: JudgedPod) => string;
  /**
   * Returns a row for each owner, about the Pods that it has: `refused` if some lack what they need, whatever the mode. The
   * first time, in the order of their first Pods.
   */
  readonly rows: () => readonly AuditedWorkload[];
}

/** @param ownership must know the owners of the Pods' controllers, such as the Deployments of ReplicaSets, before Pods are added */
export function createRunningFold(ownership: Ownership, knowledge: Knowledge): RunningFold {
  const folded = new Map<string, Folded>();

  function find(key: string, namespace: string, owners: Owners): Folded {
    const known = folded.get(key) ?? createFolded(namespace, owners);
    folded.set(key, known);
    return known;
  }

  return {
    add: (object, judged) => {
      const namespace = metadataText(object, 'namespace');
      const owners = ownership.ownersOf(namespace, object) ?? [referenceOf(object)];
      const key = objectKey(namespace, owners.at(-1) ?? owners[0]);
      const owner = find(key, namespace, owners);
      if (judged.kind === 'left') addLeft(owner, judged);
      else addRunning(owner, judged, knowledge);
      return key;
    },
    rows: () => [...folded.values()].map(rowOf),
  };
}
