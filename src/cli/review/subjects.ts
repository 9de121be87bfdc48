import { readSubject } from '../../admission/read-subject.ts';
import { parseReview } from '../../admission/review.ts';
import { objectKey, referenceOf } from '../../audit/ownership.ts';
import { spinAppSubject } from '../../audit/spin-app-subject.ts';
import { leave, nameOf, subjectFrom, type Subject, type SubjectSource } from '../../audit/subject.ts';
import { AppError } from '../../lib/errors.ts';
import { isObject, property, type JsonObject } from '../../lib/json.ts';
import { groupKindOf, metadataText } from '../../pod/object-metadata.ts';
import { isSpinApp, readSpinAppExecutor, type SpinAppExecutor } from '../../pod/spin-app.ts';
import { templateReference, type TemplateReference } from '../../pod/workloads.ts';
import { misspelledKind, type Manifest } from './manifests.ts';

/** Reads an AdmissionReview. One without a request, such as a response, becomes a broken subject. */
function subjectOfReview({ file, document, line, origin, kind, object: review }: Manifest): Subject | null {
  const place = { file, document, line, origin };
  try {
    const request = parseReview(review);
    const { uid, namespace } = request;
    const object = isObject(request.object) ? request.object : {};
    const name = request.name === '' ? nameOf(object) : request.name;
    const source = { ...place, kind: request.kind.kind, namespace, name };
    return subjectFrom({ source, object, uid }, request);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const source = { ...place, kind, namespace: '', name: '' };
    const { message: reason } = error;
    return leave({ source, object: review, uid: null }, { subject: 'broken', reason });
  }
}

/** The other objects of the input. */
export interface Neighbors {
  /** For objects that do not set one. */
  readonly namespace: string;
  /** Keys of all objects, by `objectKey`. */
  readonly keys: ReadonlySet<string>;
  readonly executors: readonly SpinAppExecutor[];
  /** Workloads of the cluster whose template others use, by `objectKey`. */
  readonly templates: ReadonlyMap<string, JsonObject>;
}

function isExecutor(object: JsonObject): boolean {
  return property(object, 'kind') === 'SpinAppExecutor';
}

/**
 * Finds the other objects that the result on one may depend on.
 * @param facts objects that describe the cluster, those among the manifests included
 */
export function findNeighbors(
  manifests: readonly Manifest[],
  facts: readonly JsonObject[],
  { namespace, read }: { readonly namespace: string; readonly read: readonly JsonObject[] },
): Neighbors {
  const executors = [...facts, ...read]
    .filter(isExecutor)
    .map((object) => ({ ...readSpinAppExecutor(object), namespace: namespaceOf(object, namespace) }));
  const keys = manifests.map(({ object }) => objectKey(namespaceOf(object, namespace), referenceOf(object)));
  const workloads = read.filter((object) => !isExecutor(object));
  const templates = workloads.map(
    (object) => [objectKey(namespaceOf(object, namespace), referenceOf(object)), object] as const,
  );
  return { namespace, keys: new Set(keys), executors, templates: new Map(templates) };
}

export function namespaceOf(object: JsonObject, otherwise: string): string {
  const own = metadataText(object, 'namespace');
  return own === '' ? otherwise : own;
}

/** Returns the Pods of another workload's template, to assess in place of the object's own. */
function subjectWithTemplate(
  common: SubjectSource,
  { kind, name }: TemplateReference,
  object: JsonObject,
): Subject {
  const creation = { operation: 'CREATE', subResource: '', object, oldObject: null };
  const read = readSubject({ ...creation, kind: { ...groupKindOf(referenceOf(object)), version: '' } });
  if (read.subject === 'none' || read.subject === 'broken') return leave(common, read);
  const howToSet = `has the template of ${kind} "${name}" (spec.workloadRef): set it there`;
  const request = read.subject === 'template' ? { ...read, isControlled: false } : read;
  return {
    kind: 'assessable',
    ...common,
    path: null,
    request,
    made: { isAssumed: false, assumption: null, howToSet },
  };
}

/** Handles a workload whose template is in another object; null if that is judged itself, or if there is none such. */
function subjectByReference(
  { group, kind, object }: Manifest,
  common: SubjectSource,
  { keys, templates, unread }: Neighbors & { readonly unread: AppError | undefined },
): Subject | null {
  const reference = templateReference(object, { group, kind });
  const key = reference === null ? '' : objectKey(common.source.namespace, reference);
  if (reference === null || keys.has(key)) return null;
  const found = templates.get(key);
  if (found !== undefined) return subjectWithTemplate(common, reference, found);
  const reason = missingTemplate(reference, unread);
  return leave(common, { subject: 'broken', reason });
}

/** Describes a template that is in an object outside of the input. */
function missingTemplate(reference: TemplateReference, unread: AppError | undefined): string {
  if (unread !== undefined)
    return `its Pods have the template of ${reference.kind} "${reference.name}" (spec.workloadRef). ${describeUnread(unread)}`;
  return `its Pods have the template of ${reference.kind} "${reference.name}" (spec.workloadRef), which is not among the objects: review both together`;
}

function describeUnread({ message, advice }: AppError): string {
  return advice === null ? message : `${message}. ${advice}`;
}

/**
 * Returns the Pod or template to assess in a manifest, as if it were applied for the first time; null if it is another kind.
 */
export function readReviewSubject(
  manifest: Manifest,
  neighbors: Neighbors,
  unread: AppError | undefined,
): Subject | null {
  const { file, document, line, origin, group, kind, object } = manifest;
  if (group === 'admission.k8s.io' && kind === 'AdmissionReview') return subjectOfReview(manifest);
  const place = { file, document, line, origin };
  const namespace = namespaceOf(object, neighbors.namespace);
  const source = { ...place, kind, namespace, name: nameOf(object) };
  const common = { source, object, uid: null };
  const byReference = subjectByReference(manifest, common, { ...neighbors, unread });
  if (byReference !== null) return byReference;
  if (isSpinApp({ group, kind }))
    return unread === undefined
      ? spinAppSubject(common, neighbors.executors)
      : leave(common, {
          subject: 'broken',
          reason: `its SpinAppExecutor is unknown. ${describeUnread(unread)}`,
        });
  const creation = { operation: 'CREATE', subResource: '', object, oldObject: null };
  const subject = subjectFrom(common, { ...creation, kind: { group, kind, version: '' } });
  if (subject !== null) return subject;
  const reason = misspelledKind(manifest);
  return reason === null ? null : leave(common, { subject: 'broken', reason });
}
