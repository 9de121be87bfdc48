import { askOnce, type Connection } from './connection.ts';
import { BUILD, UID_DIGITS, UID_LENGTH, type WebhookCall } from './webhook-calls.ts';

/** A request with its expected answer, byte for byte. Each time it is sent, both hold a new uid, and fresh Pods a new annotation. */
export interface Exchange {
  readonly request: Buffer;
  readonly answer: Buffer;
  readonly requestDigits: number;
  readonly answerDigits: number;
  /** Null unless the Pod is fresh. */
  readonly buildDigits: number | null;
}

function digitsOf(bytes: Buffer, text: string): number {
  const at = bytes.indexOf(text);
  if (at < 0 || bytes.indexOf(text, at + 1) >= 0) throw new Error(`Cannot find "${text}" exactly once`);
  return at + text.length - UID_DIGITS;
}

/** Sends a request once and checks the answer in full; from then on the same request must get the same answer. */
export async function learn(
  connection: Connection,
  call: WebhookCall,
  check: (answer: string, call: WebhookCall) => void,
): Promise<Exchange> {
  const { uid } = call;
  const request = Buffer.from(call.request);
  const answer = Buffer.from(await askOnce(connection, request));
  check(answer.toString(), call);
  return {
    request,
    answer,
    requestDigits: digitsOf(request, uid),
    answerDigits: digitsOf(answer, uid),
    buildDigits: request.includes(BUILD) ? digitsOf(request, BUILD) : null,
  };
}

export function renew(exchange: Exchange, count: number): void {
  const { request, answer, requestDigits, answerDigits, buildDigits } = exchange;
  const digits = count.toString(16).padStart(UID_DIGITS, '0');
  request.write(digits, requestDigits, 'latin1');
  answer.write(digits, answerDigits, 'latin1');
  if (buildDigits !== null) request.write(digits, buildDigits, 'latin1');
}

export function checkAnswer({ answer }: Exchange, body: Buffer): void {
  if (answer.equals(body)) return;
  throw new Error(`Wrong answer.\n  expected ${answer.toString()}\n  found    ${body.toString()}`);
}

/** For servers whose patches have their operations in any order. */
export function checkUid({ answer, answerDigits }: Exchange, body: Buffer): void {
  const uid = answer.subarray(answerDigits - UID_LENGTH + UID_DIGITS, answerDigits + UID_DIGITS);
  if (body.includes(uid) && body.includes('"allowed":true')) return;
  throw new Error(`Wrong answer: ${body.toString()}`);
}
