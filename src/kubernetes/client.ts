import type { IncomingMessage } from 'node:http';
import { isObject, property, stringOr, type JsonObject } from '../lib/json.ts';
import type { KubernetesConnection } from './connection.ts';
import { createKubernetesError, fromStatus, fromThrown, type FailedRequest } from './kubernetes-error.ts';
import { readLines, readStream, type KubernetesCall, send } from './send.ts';

const CLIENT_LIMITS = {
  /** Time to the last byte of a response, or to the first of a watch. An admission brings its own, shorter limit. */
  requestMilliseconds: 15_000,
  /** A page of 25 nodes is half a MB; etcd accepts objects up to 1.5 MB, so this holds 20 of the largest. */
  maxBodyBytes: 32 * 1024 * 1024,
  /** One event holds one object. */
  maxEventBytes: 8 * 1024 * 1024,
} as const;

export interface WatchEvent {
  readonly type: string;
  readonly object: JsonObject;
}

/**
 * The Kubernetes API as plain JSON. wasmgate reads few of its thousands of fields, so models would only cost memory and hide
 * fields they do not know. Throws `KubernetesError`s only.
 */
export interface KubernetesClient {
  readonly request: (call: KubernetesCall, signal: AbortSignal) => Promise<JsonObject>;
  /** Yields events until the server ends the watch. The caller must detect a silent one. */
  readonly watch: (call: KubernetesCall, signal: AbortSignal) => AsyncGenerator<WatchEvent>;
}

type ClientLimits = { readonly [Key in keyof typeof CLIENT_LIMITS]?: number };

export interface ClientOptions extends ClientLimits {
  /** Receives the `Date` header of each response. */
  readonly onDate?: (header: string) => void;
}

export function createKubernetesClient(
  connection: KubernetesConnection,
  options: ClientOptions = {},
): KubernetesClient {
  const { requestMilliseconds, maxBodyBytes, maxEventBytes } = { ...CLIENT_LIMITS, ...options };

  const { origin } = connection.server;
  const failed = (limited: AbortSignal, callers: AbortSignal): FailedRequest => ({
    server: origin,
    signal: limited,
    milliseconds: requestMilliseconds,
    isCallers: callers.aborted,
  });

  async function open(call: KubernetesCall, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await send(connection, call, signal);
    const { date } = response.headers;
    if (date !== undefined) options.onDate?.(date);
    return response;
  }

  async function exchange(call: KubernetesCall, signal: AbortSignal): Promise<JsonObject> {
    const response = await open(call, signal);
    const text = await readStream(response, call.maxBytes ?? maxBodyBytes, call.action);
    const status = response.statusCode ?? 0;
    if (status >= 400) throw fromStatus(call.action, status, parseJson(text) ?? text);
    const document = parseJson(text);
    if (isObject(document)) return document;
    throw createKubernetesError(call.action, 'invalid-response', {
      state: `HTTP ${status} without a JSON object`,
    });
  }

  async function request(call: KubernetesCall, signal: AbortSignal): Promise<JsonObject> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(requestMilliseconds)]);
    try {
      return await exchange(call, limited);
    } catch (error) {
      throw fromThrown(call.action, error, failed(limited, signal));
    }
  }

  async function* watch(call: KubernetesCall, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const opening = new AbortController();
    const timer = setTimeout(() => opening.abort(new DOMException('', 'TimeoutError')), requestMilliseconds);
    const limited = AbortSignal.any([signal, opening.signal]);
    try {
      const response = await open(call, limited);
      const status = response.statusCode ?? 0;
      if (status !== 200) {
        throw fromStatus(
          call.action,
          status,
          parseJson(await readStream(response, maxBodyBytes, call.action)),
        );
      }
      clearTimeout(timer);
      for await (const line of readLines(response, maxEventBytes, call.action))
        yield parseEvent(line, call.action);
    } catch (error) {
      throw fromThrown(call.action, error, failed(limited, signal));
    } finally {
      clearTimeout(timer);
    }
  }

  return { request, watch };
}

function parseEvent(line: string, action: string): WatchEvent {
  const event = parseJson(line);
  const object = isObject(event) ? property(event, 'object') : undefined;
  if (isObject(event) && isObject(object)) return { type: stringOr(property(event, 'type'), ''), object };
  throw createKubernetesError(action, 'invalid-response', {
    state: 'it sent something other than a watch event',
  });
}

/** Returns undefined, which JSON itself cannot express, if the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
