import { deepEqual, equal } from 'node:assert/strict';
import type { WebhookCall } from './webhook-calls.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

interface Answer {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patchType?: string;
    readonly patch?: string;
    readonly warnings?: readonly string[];
  };
}

function readAnswer(text: string, { uid }: WebhookCall): Answer['response'] {
  const { apiVersion, kind, response } = JSON.parse(text) as Answer;
  equal(apiVersion, 'admission.k8s.io/v1');
  equal(kind, 'AdmissionReview');
  equal(response.uid, uid);
  equal(response.allowed, true);
  return response;
}

/** Checks for the image's class and limits if it is Wasm, and for no change if it is not. */
export function checkWebhookAnswer(text: string, call: WebhookCall): void {
  const response = readAnswer(text, call);
  const { runtimeClass } = call.image;
  if (runtimeClass === null) return equal(response.patch, undefined, `${call.image.reference} is changed`);
  const operations = readPatch(response);
  const chosen = operations.filter(({ path }) => path === '/spec/runtimeClassName');
  deepEqual(chosen, [{ op: 'add', path: '/spec/runtimeClassName', value: runtimeClass }]);
  const limited = operations.some(({ path }) => path.startsWith('/spec/containers/0/resources'));
  equal(limited, true, `${call.image.reference} gets no limits`);
}

function readPatch({ patch, patchType }: Answer['response']): readonly Operation[] {
  equal(patchType, 'JSONPatch');
  return JSON.parse(Buffer.from(patch ?? '', 'base64').toString()) as readonly Operation[];
}

/** Checks for the one field that a minimal webhook sets. */
export function checkClassAnswer(text: string, call: WebhookCall): void {
  const changed = readPatch(readAnswer(text, call)).map(({ path }) => path);
  equal(changed.includes('/spec/runtimeClassName'), true, text);
}

/** Checks that a Pod which the webhook has changed is admitted without a warning. */
export function checkValidated(text: string, call: WebhookCall): void {
  equal(readAnswer(text, call).warnings, undefined);
}

export function checkBareAnswer(text: string, call: WebhookCall): void {
  equal(readAnswer(text, call).patch, undefined);
}

/** Checks that a Pod is admitted and that all of its images are known: otherwise there would be a warning. */
export function checkAdmitted(text: string): void {
  const { allowed, warnings } = (JSON.parse(text) as Answer).response;
  equal(allowed, true, text);
  equal(warnings, undefined, text);
}
