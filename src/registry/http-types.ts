import type { IncomingHttpHeaders } from 'undici/types/header.js';
import type { UnknownReason } from '../detect/verdict.ts';
import type { TlsMaterial } from './endpoints.ts';
import type { ImageSubject } from './errors.ts';

/** The tenant of wasmgate's own requests, outside all namespaces' shares: no namespace has an empty name. */
export const OWN_TENANT = '';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The subset of `headers` that the operator configured for the endpoint; its token server gets them, too. */
  readonly endpointHeaders?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** TLS settings of the endpoint `host`, kept across redirects. */
  readonly tls: { readonly host: string; readonly material: TlsMaterial } | null;
  /** The namespace that the request is for; for a shared token request, the first one. */
  readonly tenant: string;
  /** True for a token server or a redirect target on another host. */
  readonly isElsewhere?: boolean;
  /** For errors. */
  readonly subject: ImageSubject;
}

/** A response whose body is still on the wire: the caller reads it to its end, or discards it. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The final URL after redirects. */
  readonly url: URL;
  /** True if it came from a token server or a redirect target, not from the endpoint itself. */
  readonly isElsewhere: boolean;
  /** Leaving the loop early closes the connection. Throws RegistryError. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Frees the connection: drains a short rest so that it can be reused. Never throws. */
  readonly discard: () => Promise<void>;
}

/** One layer of the client: each wraps the one below and adds one job. Throws only RegistryError. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** One request on the wire, reported once its body has been read or dropped. */
export interface RequestEvent {
  readonly registry: string;
  readonly host: string;
  readonly method: HttpRequest['method'];
  /** Null if there was no response. */
  readonly status: number | null;
  /** Why there was no response; null if there was one. */
  readonly reason: UnknownReason | null;
  /** Bytes of the body that were read. */
  readonly bytes: number;
}

/** Returns the first value of a header; '' if it is absent. */
export function headerOf(response: HttpResponse, name: string): string {
  const value = response.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
