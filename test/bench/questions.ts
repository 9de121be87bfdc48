import { Buffer } from 'node:buffer';
import { readReview } from '../support/admission/reviews.ts';
import type { BenchImage } from './bench-images.ts';

export interface Question {
  /** A complete HTTP request. */
  readonly request: Buffer;
  readonly uid: string;
  readonly image: BenchImage;
}

/** Pods of a Deployment, a StatefulSet, a Job and of no owner, as a real API server sent them: 2.9 to 3.2 kB each. */
const REVIEWS = ['03', '14', '25', '28'] as const;

export const NAMESPACES: readonly string[] = Array.from({ length: 16 }, (_, index) => `team-${index + 1}`);

interface PodReview {
  readonly request: {
    uid: string;
    namespace: string;
    name?: string;
    readonly object: {
      readonly metadata: { namespace: string; name?: string; generateName?: string };
      readonly spec: { readonly containers: readonly { image: string }[] };
    };
  };
}

/** Every request increments the digits after the last dash. */
export const UID_DIGITS = 12;

function uidOf(number: number): string {
  const head = (number * 2_654_435_761).toString(16).padStart(8, '0').slice(-8);
  return `${head}-26ab-4c5d-8e6f-${'0'.repeat(UID_DIGITS)}`;
}

interface Variation {
  readonly number: number;
  readonly review: string;
  readonly image: BenchImage;
}

/** A real review about another Pod: varies what differs between Pods of a cluster, and keeps the rest. */
function vary({ number, review, image }: Variation): Question {
  const body = readReview(review) as unknown as PodReview;
  const { request } = body;
  const { metadata, spec } = request.object;
  const namespace = NAMESPACES[number % NAMESPACES.length] ?? 'default';
  request.uid = uidOf(number);
  request.namespace = namespace;
  metadata.namespace = namespace;
  if (metadata.name !== undefined) {
    metadata.name = `${metadata.name}-${number}`;
    request.name = metadata.name;
  }
  if (metadata.generateName !== undefined) metadata.generateName = `app-${number}-${metadata.generateName}`;
  for (const container of spec.containers) container.image = image.reference;
  const json = Buffer.from(JSON.stringify(body));
  const head = [
    'POST /mutate?timeout=10s HTTP/1.1',
    'Host: wasmgate.wasmgate-system.svc:443',
    'User-Agent: kube-apiserver-admission',
    `Content-Length: ${json.length}`,
    'Accept: application/json, */*',
    'Content-Type: application/json',
    'Accept-Encoding: gzip',
  ];
  return {
    request: Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), json]),
    uid: request.uid,
    image,
  };
}

/** A thousand different Pods; adjacent ones differ in everything. */
export function writeQuestions(images: readonly BenchImage[]): readonly Question[] {
  const rounds = Array.from({ length: REVIEWS.length * 4 }, (_, round) => round);
  return rounds.flatMap((round) =>
    images.map((image, index) =>
      vary({
        number: round * images.length + index,
        review: REVIEWS[(round + index) % REVIEWS.length] ?? '03',
        image,
      }),
    ),
  );
}
