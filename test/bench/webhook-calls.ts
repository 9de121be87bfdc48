import jsonPatch, { type Operation } from 'fast-json-patch';
import { readReview } from '../support/admission/reviews.ts';
import type { BenchImage } from './bench-images.ts';
import { askOnce, openConnection, requestBytes, type Target } from './connection.ts';

export interface WebhookCall {
  /** A complete HTTP request, and its body. */
  readonly request: Buffer;
  readonly review: PodReview;
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
      readonly metadata: {
        namespace: string;
        name?: string;
        generateName?: string;
        annotations?: Readonly<Record<string, string>>;
      };
      readonly spec: { readonly containers: readonly { image: string }[] };
    };
  };
}

/** Every request increments the digits after the last dash. */
export const UID_DIGITS = 12;
/** The annotation of fresh Pods, with as many digits. */
export const BUILD = `build-${'0'.repeat(UID_DIGITS)}`;
export const UID_LENGTH = 36;

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
function vary({ number, review, image }: Variation): WebhookCall {
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
  return { request: requestBytes('/mutate', body), review: body, uid: request.uid, image };
}

/** A thousand different Pods; adjacent ones differ in everything. */
export function writeMutateCalls(images: readonly BenchImage[]): readonly WebhookCall[] {
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

/** Returns calls about the same Pods with an annotation that every request changes, so that no Pod is like one before it. */
export function freshen(calls: readonly WebhookCall[]): readonly WebhookCall[] {
  return calls.map((call) => {
    const { request } = call.review;
    const { metadata } = request.object;
    const annotations = { ...metadata.annotations, 'example.com/build': BUILD };
    const object = { ...request.object, metadata: { ...metadata, annotations } };
    const review = { ...call.review, request: { ...request, object } };
    return { ...call, review, request: requestBytes('/mutate', review) };
  });
}

interface Patched {
  readonly response: { readonly patch?: string };
}

/** Returns the validate calls that follow: about the same Pods, with the webhook's changes. */
export async function writeValidateCalls(
  target: Target,
  calls: readonly WebhookCall[],
): Promise<readonly WebhookCall[]> {
  const connection = await openConnection(target);
  const mutated: WebhookCall[] = [];
  for (const call of calls) {
    const { response } = JSON.parse(await askOnce(connection, call.request)) as Patched;
    const operations = JSON.parse(Buffer.from(response.patch ?? 'W10=', 'base64').toString()) as Operation[];
    const { request } = call.review;
    const object = jsonPatch.applyPatch(structuredClone(request.object), operations).newDocument;
    const review = { ...call.review, request: { ...request, object } };
    mutated.push({ ...call, review, request: requestBytes('/validate', review) });
  }
  connection.close();
  return mutated;
}
