import { askOnce, type Connection } from './connection.ts';
import { UID_DIGITS, UID_LENGTH, type WebhookCall } from './webhook-calls.ts';

/** A request with its expected answer, byte for byte. Each time it is sent, both hold a new uid. */
export interface Exchange {
  readonly request: Buffer;
  readonly answer: Buffer;
  readonly requestDigits: number;
  readonly answerDigits: number;
}

function digitsOf(bytes: Buffer, uid: string): number {
  const at = bytes.indexOf(uid);
  if (at < 0 || bytes.indexOf(uid, at + 1) >= 0) throw new Error(`Cannot find uid "${uid}" exactly once`);
  return at + uid.length - UID_DIGITS;
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
  return { request, answer, requestDigits: digitsOf(request, uid), answerDigits: digitsOf(answer, uid) };
}

export function renewUid({ request, answer, requestDigits, answerDigits }: Exchange, count: number): void {
  const digits = count.toString(16).padStart(UID_DIGITS, '0');
  request.write(digits, requestDigits, 'latin1');
  answer.write(digits, answerDigits, 'latin1');
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
