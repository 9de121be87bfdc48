import { once } from 'node:events';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { generate } from 'selfsigned';

/** The part of an AdmissionReview request that stand-ins read. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: string;
  readonly namespace?: string;
  readonly subResource?: string;
  readonly kind: { readonly kind: string };
  readonly object: {
    readonly metadata: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
    readonly spec: Readonly<Record<string, unknown>>;
  };
}

export interface StandInWebhook extends AsyncDisposable {
  readonly url: string;
  /** For `caBundle`: base64 of PEM. */
  readonly caBundle: string;
  /** The requests in order, such as `/mutate CREATE Pod hello`. */
  readonly calls: string[];
}

/** Starts another vendor's webhook: it records requests, allows them, and adds the patch that `change` returns. */
export async function startStandInWebhook(
  change: (request: AdmissionRequest) => readonly object[] = () => [],
): Promise<StandInWebhook> {
  const certificate = await serverCertificate();
  const calls: string[] = [];
  const server = createServer(
    { key: certificate.private, cert: certificate.cert },
    async (request, response) => {
      const { apiVersion, kind, request: received } = JSON.parse(await text(request)) as Review;
      const { pathname } = new URL(request.url ?? '/', 'https://127.0.0.1');
      const what = received.subResource
        ? `${received.kind.kind}/${received.subResource}`
        : received.kind.kind;
      calls.push([pathname, received.operation, what, received.object.metadata.name].join(' '));
      const operations = change(received);
      const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          apiVersion,
          kind,
          response: {
            uid: received.uid,
            allowed: true,
            ...(operations.length === 0 ? {} : { patch, patchType: 'JSONPatch' }),
          },
        }),
      );
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    caBundle: Buffer.from(certificate.cert).toString('base64'),
    calls,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: AdmissionRequest;
}

/** Creates a self-signed certificate for 127.0.0.1. */
function serverCertificate() {
  return generate([{ name: 'commonName', value: 'stand-in-webhook' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
}
