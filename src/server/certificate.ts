import type { Server, ServerOptions } from 'node:https';

/** PEM texts. */
export interface TlsKeyPair {
  readonly cert: string;
  readonly key: string;
}

/** All TLS settings in one place, since a swap sets them anew. The API server's client speaks TLS 1.2 and 1.3. */
export function serverTlsOptions({ cert, key }: TlsKeyPair): ServerOptions {
  return { cert, key, minVersion: 'TLSv1.2' };
}

/** New connections get the new certificate; open ones go on. */
export function swapCertificate(server: Server, certificate: TlsKeyPair): void {
  server.setSecureContext(serverTlsOptions(certificate));
}
