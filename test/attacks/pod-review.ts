import { randomUUID } from 'node:crypto';
import { readReview } from '../support/admission/reviews.ts';

export interface PodSketch {
  readonly namespace: string;
  /** Images, one for each container. */
  readonly images: readonly string[];
  readonly pullSecrets?: readonly string[];
  /** Merged into the spec. */
  readonly spec?: object;
}

export interface PodReview {
  readonly uid: string;
  readonly body: string;
}

interface Real {
  readonly metadata: object;
  readonly spec: { readonly containers: readonly object[] };
}

const review = readReview('03');
const { metadata, spec } = review.request.object as unknown as Real;

/** Returns a real AdmissionReview about another Pod. The API server accepts all of these: their fields are valid. */
export function podReview({ namespace, images, pullSecrets = [], spec: changed }: PodSketch): PodReview {
  const uid = randomUUID();
  // Pods of attackers have many containers and little else: the fields that the API server fills in appear once.
  const [first] = spec.containers;
  const containers = images.map((image, index) => ({
    ...(index === 0 ? first : {}),
    name: `c${index}`,
    image,
  }));
  const object = {
    ...review.request.object,
    metadata: { ...metadata, generateName: `pod-${uid.slice(0, 8)}-`, namespace },
    spec: { ...spec, containers, imagePullSecrets: pullSecrets.map((name) => ({ name })), ...changed },
  };
  const request = { ...review.request, uid, namespace, object };
  return { uid, body: JSON.stringify({ ...review, request }) };
}
