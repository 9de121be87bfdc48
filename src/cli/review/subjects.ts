import { parseReview } from '../../admission/review.ts';
import { objectKey, referenceOf } from '../../audit/ownership.ts';
import { spinAppSubject } from '../../audit/spin-app-subject.ts';
import { leave, nameOf, subjectFrom, type Source, type Subject } from '../../audit/subject.ts';
import { AppError } from '../../lib/errors.ts';
import { isObject, property, type JsonObject } from '../../lib/json.ts';
import { metadataText } from '../../pod/object-metadata.ts';
import { isSpinApp, readSpinAppExecutor, type SpinAppExecutor } from '../../pod/spin-app.ts';
import { templateReference } from '../../pod/workloads.ts';
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
}

/**
 * Finds the other objects that the result on one may depend on.
 * @param facts objects that describe the cluster, those among the manifests included
 */
export function findNeighbors(
  manifests: readonly Manifest[],
  facts: readonly JsonObject[],
  namespace: string,
): Neighbors {
  const executors = facts
    .filter((object) => property(object, 'kind') === 'SpinAppExecutor')
    .map((object) => ({ ...readSpinAppExecutor(object), namespace: namespaceOf(object, namespace) }));
  const keys = manifests.map(({ object }) => objectKey(namespaceOf(object, namespace), referenceOf(object)));
  return { namespace, keys: new Set(keys), executors };
}

function namespaceOf(object: JsonObject, otherwise: string): string {
  const own = metadataText(object, 'namespace');
  return own === '' ? otherwise : own;
}

/** Describes a template that is in an object outside of the input; null if there is none such. */
function missingTemplate(
  { group, kind, object }: Manifest,
  source: Source,
  { keys }: Neighbors,
): string | null {
  const reference = templateReference(object, { group, kind });
  if (reference === null || keys.has(objectKey(source.namespace, reference))) return null;
  return `its Pods have the template of ${reference.kind} "${reference.name}" (spec.workloadRef), which is not among the objects: review both together`;
}

/**
 * Returns the Pod or template to assess in a manifest, as if it were applied for the first time; null if it is another kind.
 */
export function readReviewSubject(manifest: Manifest, neighbors: Neighbors): Subject | null {
  const { file, document, line, origin, group, kind, object } = manifest;
  if (group === 'admission.k8s.io' && kind === 'AdmissionReview') return subjectOfReview(manifest);
  const place = { file, document, line, origin };
  const namespace = namespaceOf(object, neighbors.namespace);
  const source = { ...place, kind, namespace, name: nameOf(object) };
  const common = { source, object, uid: null };
  const missing = missingTemplate(manifest, source, neighbors);
  if (missing !== null) return leave(common, { subject: 'broken', reason: missing });
  if (isSpinApp({ group, kind })) return spinAppSubject(common, neighbors.executors);
  const creation = { operation: 'CREATE', subResource: '', object, oldObject: null };
  const subject = subjectFrom(common, { ...creation, kind: { group, kind, version: '' } });
  if (subject !== null) return subject;
  const reason = misspelledKind(manifest);
  return reason === null ? null : leave(common, { subject: 'broken', reason });
}
