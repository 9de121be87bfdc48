import type { Limits } from './defaults.ts';
import type { Endpoint } from './endpoint.ts';
import { RegistryError } from './errors.ts';
import { OWN_TENANT, type HttpRequest, type Send } from './http-types.ts';

/** Asks an endpoint on wasmgate's own behalf. Resolves with what is wrong, null if it is alive; never rejects. */
export type Probe = (
  endpoint: Pick<Endpoint, 'base' | 'headers' | 'registry' | 'tls'>,
) => Promise<string | null>;

/** An address that is not allowed or a certificate that is not trusted fails every request at once: no pause is needed. */
function isDead({ code, status }: RegistryError): boolean {
  return status === null && (code === 'unreachable' || code === 'timeout');
}

/** `GET /v2/` without a login (OCI distribution spec 1.1, "Determining Support"); redirects are not followed. */
export function createProbe(send: Send, limits: Pick<Limits, 'probeMs'>): Probe {
  return async ({ base, headers, registry, tls }) => {
    const url = new URL(base);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/`;
    const request: HttpRequest = {
      method: 'GET',
      url,
      headers,
      signal: AbortSignal.timeout(limits.probeMs),
      tls: tls === null ? null : { host: url.host, material: tls },
      tenant: OWN_TENANT,
      subject: { registry, repository: '', reference: registry },
    };
    try {
      const response = await send(request);
      await response.discard();
      return response.status >= 500 ? `${url.host} answers ${response.status} to GET ${url.pathname}` : null;
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      return isDead(error) ? error.state : null;
    }
  };
}
