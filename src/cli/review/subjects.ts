import { parseReview } from '../../admission/review.ts';
import { leave, nameOf, subjectFrom, type Subject } from '../../audit/subject.ts';
import { AppError } from '../../lib/errors.ts';
import { isObject } from '../../lib/json.ts';
import { metadataText } from '../../pod/object-metadata.ts';
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

/**
 * Returns the Pod or template to assess in a manifest, as if it were applied for the first time; null if it is another kind.
 * @param namespace for objects that do not set one
 */
export function readReviewSubject(manifest: Manifest, namespace: string): Subject | null {
  const { file, document, line, origin, group, kind, object } = manifest;
  if (group === 'admission.k8s.io' && kind === 'AdmissionReview') return subjectOfReview(manifest);
  const own = metadataText(object, 'namespace');
  const place = { file, document, line, origin };
  const source = { ...place, kind, namespace: own === '' ? namespace : own, name: nameOf(object) };
  const common = { source, object, uid: null };
  const creation = { operation: 'CREATE', subResource: '', object, oldObject: null };
  const subject = subjectFrom(common, { ...creation, kind: { group, kind, version: '' } });
  if (subject !== null) return subject;
  const reason = misspelledKind(manifest);
  return reason === null ? null : leave(common, { subject: 'broken', reason });
}
