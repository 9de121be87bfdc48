import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Credential } from '../../../src/credentials/credential.ts';
import type { UnknownReason } from '../../../src/detect/verdict.ts';
import type { Target } from '../../../src/fake-registry/push-image.ts';
import type { RegistryClientOptions, RegistryClientDeps } from '../../../src/registry/client.ts';
import type { TestKeys } from '../../support/server/certificates.ts';

/** The request of a lookup that fails. */
export type Stage = 'manifest' | 'config' | 'layer' | 'token';

export type Misbehavior = (
  request: IncomingMessage,
  response: ServerResponse,
  handler: RequestListener,
) => void;

/** One way in which a registry can fail a lookup. */
export interface Fault {
  readonly name: string;
  /** Null if the fault is harmless and the lookup succeeds. */
  readonly reason: UnknownReason | null;
  readonly at?: Stage;
  readonly answer?: Misbehavior;
  /** Pushes an image in place of the default one. */
  readonly push?: (target: Target) => void;
  readonly auth?: 'basic' | 'bearer';
  readonly tls?: () => Promise<TestKeys>;
  /** A host name to use in place of the registry's address, without a port. */
  readonly host?: string;
  readonly client?: Partial<RegistryClientOptions>;
  readonly resolve?: RegistryClientDeps['resolve'];
  readonly credentials?: (host: string) => readonly Credential[];
  /** Deadline of the lookup; generous by default. */
  readonly milliseconds?: number;
  /** Maximum number of requests that reach the server; 12 by default. */
  readonly requests?: number;
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Misbehavior {
  return (_request, response) => void response.writeHead(code, headers).end();
}

export function body(
  content: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Misbehavior {
  const type = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
  return (_request, response) => void response.writeHead(200, { ...type, ...headers }).end(content);
}

/** Streams an endless body as fast as the client reads. */
export function endless(code: number, piece: Uint8Array = Buffer.alloc(65_536, ' ')): Misbehavior {
  return (_request, response) => {
    response.writeHead(code);
    const write = (): void => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', write);
    };
    write();
  };
}

/** Sends a byte every 10 ms without end, so that the client never sees a stall. */
export function drip(code: number): Misbehavior {
  return (request, response) => {
    response.writeHead(code);
    const timer = setInterval(() => response.write(' '), 10);
    request.socket.once('close', () => clearInterval(timer));
  };
}

export const silence: Misbehavior = () => undefined;

export const reset: Misbehavior = (request) => void request.socket.resetAndDestroy();

export const resetAfterHead: Misbehavior = (request, response) => {
  response.writeHead(200, { 'content-length': 1000 }).flushHeaders();
  setImmediate(() => request.socket.resetAndDestroy());
};

export const resetInBody: Misbehavior = (request, response) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('{"a":', () => request.socket.resetAndDestroy());
};
