import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Credential } from '../../../src/credentials/credential.ts';
import type { UnknownReason } from '../../../src/detect/verdict.ts';
import type { Target } from '../../../src/fake-registry/push-image.ts';
import type { RegistryClientOptions, RegistryClientDeps } from '../../../src/registry/client.ts';
import type { TestKeys } from '../../support/server/certificates.ts';

/** Which request of an image's look-up goes wrong. */
export type Stage = 'manifest' | 'config' | 'layer' | 'token';

export type Misbehaviour = (
  request: IncomingMessage,
  response: ServerResponse,
  whole: RequestListener,
) => void;

/** One way in which a registry can fail whoever asks it. */
export interface Fault {
  readonly name: string;
  /** Null: the image is known all the same, and what is wrong does no harm. */
  readonly reason: UnknownReason | null;
  readonly at?: Stage;
  readonly answer?: Misbehaviour;
  /** In place of the usual image. */
  readonly push?: (target: Target) => void;
  readonly auth?: 'basic' | 'bearer';
  readonly tls?: () => Promise<TestKeys>;
  /** Another host than the registry's own address, with its port behind it. */
  readonly host?: string;
  readonly client?: Partial<RegistryClientOptions>;
  readonly resolve?: RegistryClientDeps['resolve'];
  readonly credentials?: (host: string) => readonly Credential[];
  /** Time there is; the usual one is long. */
  readonly milliseconds?: number;
  /** Requests that reach the server at most; the usual bound is 12. */
  readonly requests?: number;
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Misbehaviour {
  return (_request, response) => void response.writeHead(code, headers).end();
}

export function body(
  content: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Misbehaviour {
  const type = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
  return (_request, response) => void response.writeHead(200, { ...type, ...headers }).end(content);
}

/** As fast as it is taken, for ever. */
export function endless(code: number, piece: Uint8Array = Buffer.alloc(65_536, ' ')): Misbehaviour {
  return (_request, response) => {
    response.writeHead(code);
    const write = (): void => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', write);
    };
    write();
  };
}

/** A byte now and then; fast enough never to be silent. */
export function drip(code: number): Misbehaviour {
  return (request, response) => {
    response.writeHead(code);
    const timer = setInterval(() => response.write(' '), 10);
    request.socket.once('close', () => clearInterval(timer));
  };
}

export const silence: Misbehaviour = () => undefined;

export const reset: Misbehaviour = (request) => void request.socket.resetAndDestroy();

export const resetAfterHead: Misbehaviour = (request, response) => {
  response.writeHead(200, { 'content-length': 1000 }).flushHeaders();
  setImmediate(() => request.socket.resetAndDestroy());
};

export const resetInBody: Misbehaviour = (request, response) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('{"a":', () => request.socket.resetAndDestroy());
};
