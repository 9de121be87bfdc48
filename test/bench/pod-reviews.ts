import { readReview } from '../support/admission/reviews.ts';
import { requestBytes } from './connection.ts';

export interface ReviewOptions {
  /** Of the containers, in turn. */
  readonly images: readonly string[];
  readonly containers: number;
  /** The number of namespaces: `team-1` and so on, in turn. */
  readonly namespaces: number;
  /** Starts with another namespace than the first. */
  readonly start?: number;
}

interface PodObject {
  readonly metadata: object;
  readonly spec: { readonly containers: readonly [object] };
}

/** Requests about Pods with copies of one container. A fresh Pod has an annotation that no Pod before it had. */
export function createReviews(options: ReviewOptions): (isFresh: boolean) => Buffer {
  const { images, containers, namespaces } = options;
  const review = readReview('03');
  const { metadata, spec } = review.request.object as unknown as PodObject;
  const copies = Array.from({ length: containers }, (_, index) => ({
    ...spec.containers[0],
    name: `c${index}`,
    image: images[index % images.length],
  }));
  let pods = options.start ?? 0;
  let fresh = 0;
  return (isFresh) => {
    pods += 1;
    if (isFresh) fresh += 1;
    const namespace = `team-${(pods % namespaces) + 1}`;
    const annotations = { 'example.com/build': String(fresh) };
    const object = {
      ...review.request.object,
      metadata: { ...metadata, namespace, annotations },
      spec: { ...spec, containers: copies },
    };
    return requestBytes('/mutate', { ...review, request: { ...review.request, namespace, object } });
  };
}
