import type { UnknownReason } from '../detect/verdict.ts';
import { isObject, property, stringOr } from '../lib/json.ts';
import { isForHttpsOnly } from '../lib/network-fault.ts';
import { RegistryError } from './errors.ts';
import { headerOf, type HttpRequest, type HttpResponse } from './http-types.ts';
import { REGISTRY_LIMITS } from './limits.ts';
import { readSome } from './read-body.ts';
import { parseRetryAfter } from './retry.ts';

const REASONS: Readonly<Record<number, UnknownReason>> = {
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not-found',
  406: 'unsupported',
  410: 'not-found',
  413: 'too-large',
  415: 'unsupported',
  429: 'rate-limited',
  451: 'unauthorized',
};

/** An import would touch all exports of the module, and its WebSocket makes Node load all of fetch. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

function reasonOf(status: number): UnknownReason {
  return REASONS[status] ?? (status >= 500 ? 'unreachable' : 'invalid');
}

/** Returns code and message of the first error (OCI distribution spec, "Error Codes") in printable ASCII, or ''. */
function describeErrorBody(text: string): string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return isForHttpsOnly(text) ? 'it expects HTTPS' : '';
  }
  const errors = isObject(document) ? property(document, 'errors') : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (!isObject(first)) return '';
  const parts = [property(first, 'code'), property(first, 'message')].map((part) => stringOr(part, ''));
  const said = parts.filter((part) => part !== '').join(': ');
  return said.replace(/[^\x20-\x7e]+/g, ' ').slice(0, REGISTRY_LIMITS.errorCharacters);
}

/** Describes a response by host, status and error body. Reads the head of the body and drops the rest. */
export async function describeResponse(response: HttpResponse): Promise<string> {
  const said = describeErrorBody(await readSome(response, REGISTRY_LIMITS.errorBytes));
  const status = `${response.status} ${STATUS_CODES[response.status] ?? ''}`.trim();
  return `${response.url.host} answers ${status}${said === '' ? '' : ` (${said})`}`;
}

/** Creates the error for a status that is not a success, and consumes the body. */
export async function errorFromResponse(
  response: HttpResponse,
  request: HttpRequest,
  now: number,
): Promise<RegistryError> {
  const { status } = response;
  return new RegistryError(reasonOf(status), request.subject, {
    state: await describeResponse(response),
    status,
    host: response.url.host,
    isElsewhere: response.isElsewhere,
    transient: status === 429 || status >= 500,
    retryAfterMs: parseRetryAfter(headerOf(response, 'retry-after'), now),
  });
}
