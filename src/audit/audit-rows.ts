import type { AssessPod } from '../assess/assessment.ts';
import { property, child, type JsonObject } from '../lib/json.ts';
import { MIRROR_ANNOTATION } from '../pod/names.ts';
import { groupKindOf, metadataText, type ObjectReference } from '../pod/object-metadata.ts';
import { isSpinApp } from '../pod/spin-app.ts';
import type { GroupKind } from '../pod/workloads.ts';
import type { AuditedImage, AuditedWorkload } from './audit-report.ts';
import { createImageList } from './audited-images.ts';
import { isLink, isMaker, isWorkload } from './audited-kinds.ts';
import { createUnjudgedUse } from './capabilities/class-use.ts';
import { judgeSubject } from './judge-subjects.ts';
import type { Listed } from './list-cluster.ts';
import { createOwnership, objectKey, referenceOf } from './ownership.ts';
import type { ServedKind } from './ports.ts';
import { remarksOf, reportReview, unknownImages, withRunning, type Knowledge } from './report-review.ts';
import type { ReportedItem } from './reported-item.ts';
import { createRunningFold } from './running/fold-running.ts';
import { judgeRunning } from './running/judge-running.ts';
import { leave, subjectFrom, type Subject } from './subject.ts';

/** What a workload's template comes to. */
interface JudgedTemplate {
  readonly item: ReportedItem;
  readonly notes: readonly string[];
}

interface Row {
  readonly subject: AuditedWorkload['subject'];
  /** False if the user's selector leaves it out. */
  readonly isSelected: boolean;
  /** Null until it is judged, and for an owner that was not listed. */
  template: JudgedTemplate | null;
}

/** The rows of an audit: one for each workload that no listed object owns, and for each owner of Pods. */
export interface AuditRows {
  /** Adds a workload to the row of its owner, or gives it one. Owners must be added before what they own. */
  readonly addWorkload: (kind: ServedKind, listed: Listed) => Promise<void>;
  /** Adds a Pod to the row of its owner, or gives it one. */
  readonly addPod: (listed: Listed) => Promise<void>;
  /** Rows of what was judged. */
  readonly workloads: () => readonly AuditedWorkload[];
  readonly images: (workloads: readonly AuditedWorkload[]) => readonly AuditedImage[];
  /** Rows and Pods so far. */
  readonly counts: () => { readonly workloads: number; readonly pods: number };
  /** Mirrors of static Pods. */
  readonly skippedPods: () => number;
  /** Workloads that are not judged, by the class that they name. */
  readonly unjudgedUse: () => ReadonlyMap<string, number>;
}

export interface RowDeps extends Knowledge {
  readonly assess: AssessPod;
  /** Runs a task as soon as there is room for it; resolves when it has started. */
  readonly start: (task: () => Promise<void>) => Promise<void>;
  /** Reports whether the API server has such objects. */
  readonly isServed: (kind: GroupKind) => boolean;
  /** In epoch milliseconds. */
  readonly now: number;
}

/** Reads a workload as the webhook would see it if it were created now. */
function subjectToJudge(object: JsonObject): Subject | null {
  const { apiVersion, kind, name } = referenceOf(object);
  const namespace = metadataText(object, 'namespace');
  const source = { file: '', document: 0, line: null, origin: null, kind, namespace, name };
  const creation = { operation: 'CREATE', subResource: '', object, oldObject: null };
  const groupKind = groupKindOf({ apiVersion, kind });
  const common = { source, object, uid: null };
  if (isSpinApp(groupKind))
    return leave(common, { subject: 'none', reason: 'its operator has made no Deployment of it' });
  const subject = subjectFrom(common, { ...creation, kind: { ...groupKind, version: '' } });
  if (subject?.kind !== 'assessable' || subject.request.subject !== 'template') return subject;
  // Its controller, if it has one, is not listed: the row stands for both.
  return { ...subject, request: { ...subject.request, isControlled: false } };
}

function isMirror(pod: JsonObject): boolean {
  return property(child(child(pod, 'metadata'), 'annotations'), MIRROR_ANNOTATION) !== undefined;
}

function keyOf({ subject }: Row): string {
  return objectKey(subject.namespace, subject);
}

const NO_PODS = { running: 0, failing: 0, examples: [] } as const;

/** Returns notes about running Pods that do not only repeat what the template has, with the number of Pods before it. */
function newNotes(known: readonly string[], notes: readonly string[]): readonly string[] {
  return notes.filter((note) => !known.includes(note.replace(/^\d+ Pods: /, '')));
}

/** Joins what is known about a workload's new Pods and about those it has. */
function joinRow(
  { subject, template }: Row,
  running: AuditedWorkload | undefined,
): AuditedWorkload | undefined {
  if (template === null) return running;
  const { source: _, pods = NO_PODS, findings, ...item } = withRunning(template.item, running);
  return {
    subject,
    ...item,
    pods,
    findings: findings.map((finding) => ({
      ...finding,
      concerns: finding.concerns ?? 'new-pods',
      pods: finding.pods ?? null,
    })),
    notes: [...template.notes, ...newNotes(template.notes, running?.notes ?? [])],
  };
}

/** Collects what an audit lists. It keeps the outcome of each workload and Pod, and lets go of the objects. */
export function createAuditRows({ assess, start, isServed, now, ...knowledge }: RowDeps): AuditRows {
  const rows = new Map<string, Row>();
  const ownership = createOwnership();
  const fold = createRunningFold(ownership, knowledge);
  const images = createImageList();
  const unjudged = createUnjudgedUse();
  const pods = { judged: 0, skipped: 0 };

  function addRow(namespace: string, reference: ObjectReference, isSelected: boolean): Row {
    const key = objectKey(namespace, reference);
    const row = rows.get(key) ?? { subject: { namespace, ...reference }, isSelected, template: null };
    rows.set(key, row);
    return row;
  }

  async function judgeTemplate(row: Row, object: JsonObject): Promise<void> {
    const subject = subjectToJudge(object);
    if (subject === null) return;
    const review = await judgeSubject(assess, subject);
    if (review.kind === 'decided') images.add(review.assessment.containers);
    else if (subject.kind === 'assessable')
      unjudged.add(keyOf(row), subject.request.pod.spec.runtimeClassName);
    const unknown = unknownImages(review).filter(({ hasFinding }) => !hasFinding);
    row.template = {
      item: reportReview(review, knowledge),
      notes: [
        ...remarksOf(review),
        ...unknown.map(({ container, detail }) => `container "${container}": ${detail}`),
      ],
    };
  }

  async function judgePod(row: Row, pod: JsonObject): Promise<void> {
    const judged = await judgeRunning(assess, pod, { now, installation: knowledge.installation });
    if (judged.kind === 'running') images.add(judged.assessment.containers);
    else unjudged.add(keyOf(row), property(child(pod, 'spec'), 'runtimeClassName'));
    pods.judged += 1;
    fold.add(pod, judged);
  }

  /** Reports whether another row stands for an object with this controller: that of the controller, even if it cannot be listed. */
  function isMade(kind: ServedKind, controller: GroupKind, isListed: boolean): boolean {
    return isMaker(controller, kind) && (isListed || (isWorkload(controller) && isServed(controller)));
  }

  return {
    addWorkload: async (kind, { object, isSelected }) => {
      const namespace = metadataText(object, 'namespace');
      const owners = ownership.ownersOfObject(object);
      const [controller] = owners;
      const listed = owners.map((owner) => rows.get(objectKey(namespace, owner))).findLast(Boolean);
      if (controller !== undefined && isMade(kind, groupKindOf(controller), listed !== undefined)) {
        ownership.note(object);
        // A controller that could not be listed has a row, too.
        const row = listed ?? addRow(namespace, controller, isSelected);
        if (row.isSelected && isSpinApp(groupKindOf(controller)))
          await start(() => judgeTemplate(row, object));
      } else if (!isLink(kind)) {
        const row = addRow(namespace, referenceOf(object), isSelected);
        if (isSelected) await start(() => judgeTemplate(row, object));
      }
    },
    addPod: async ({ object, isSelected }) => {
      if (isMirror(object)) {
        pods.skipped += 1;
        return;
      }
      const namespace = metadataText(object, 'namespace');
      const owners = ownership.ownersOf(namespace, object) ?? [referenceOf(object)];
      const row = addRow(namespace, owners.at(-1) ?? owners[0], isSelected);
      if (row.isSelected) await start(() => judgePod(row, object));
    },
    workloads: () => {
      const running = new Map(fold.rows().map((row) => [objectKey(row.subject.namespace, row.subject), row]));
      return [...rows].flatMap(([key, row]) =>
        row.isSelected ? (joinRow(row, running.get(key)) ?? []) : [],
      );
    },
    images: images.of,
    counts: () => ({ workloads: rows.size, pods: pods.judged + pods.skipped }),
    skippedPods: () => pods.skipped,
    unjudgedUse: unjudged.counts,
  };
}
