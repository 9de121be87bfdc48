import type { IncomingHttpHeaders } from 'undici/types/header.js';
import type { UnknownReason } from '../detect/verdict.ts';
import type { TlsMaterial } from './endpoints.ts';
import type { ImageSubject } from './errors.ts';

/** The tenant of wasmgate's own requests, which no namespace's share bounds: no namespace has an empty name. */
export const OWN_TENANT = '';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Those of `headers` that the operator configured for the endpoint: its token server gets them too. */
  readonly endpointHeaders?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** How the endpoint is trusted, which is `host`; it stays with the request wherever that is led. */
  readonly tls: { readonly host: string; readonly material: TlsMaterial } | null;
  /** The namespace on whose behalf this is sent; of a shared token request, the first one that asked. */
  readonly tenant: string;
  /** The endpoint led there: to a token server, or to another host by a redirect. */
  readonly isElsewhere?: boolean;
  /** For errors. */
  readonly subject: ImageSubject;
}

/** An answer whose body is still on the wire: it must be read to its end, or discarded. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Where it came from, after redirects. */
  readonly url: URL;
  /** Whether it is from the endpoint that was asked, or from where that led. */
  readonly isElsewhere: boolean;
  /** Leaving the loop early cuts the connection. Throws RegistryError. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Frees the connection: a short rest is read away so that it can be used again. Never throws. */
  readonly discard: () => Promise<void>;
}

/** One layer of the client: each takes the one below and adds one job. Throws RegistryError and nothing else. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** One request as it went over the wire, told when its body has been read or dropped. */
export interface RequestEvent {
  readonly registry: string;
  readonly host: string;
  readonly method: HttpRequest['method'];
  /** Null where no answer came. */
  readonly status: number | null;
  /** Why no answer came; null where one did. */
  readonly reason: UnknownReason | null;
  /** Of the body, as read. */
  readonly bytes: number;
}

/** The first value of a header, '' where it is absent. */
export function headerOf(response: HttpResponse, name: string): string {
  const value = response.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
