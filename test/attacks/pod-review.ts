import { randomUUID } from 'node:crypto';
import { readReview } from '../support/admission/reviews.ts';

export interface PodSketch {
  readonly namespace: string;
  /** One container each. */
  readonly images: readonly string[];
  readonly pullSecrets?: readonly string[];
  /** Laid over the spec. */
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

/** Returns a real AdmissionReview about another Pod. The API server refuses none of these: all have valid fields. */
export function podReview({ namespace, images, pullSecrets = [], spec: changed }: PodSketch): PodReview {
  const uid = randomUUID();
  // The Pods of attackers are many containers and little else: what the API server fills in stands once.
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
