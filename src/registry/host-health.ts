import type { Endpoint } from './endpoints.ts';
import { RegistryError } from './errors.ts';
import { OWN_TENANT, type HttpRequest, type Send } from './http-types.ts';
import type { RegistryLimits } from './limits.ts';

/** Which endpoints are down for everybody, by wasmgate's own probes and by good answers to anybody. */
export interface HostHealth {
  /** What is wrong with an endpoint that is down; null otherwise. */
  readonly outageOf: (endpoint: Endpoint) => string | null;
  /** Whether a request may go to an endpoint that is down, to try it. */
  readonly allowTrial: (endpoint: Endpoint) => boolean;
  /** Something failed there: has the endpoint probed. @param tenant whose request failed */
  readonly suspect: (endpoint: Endpoint, tenant: string) => void;
  /** The endpoint answered somebody. */
  readonly answered: (endpoint: Endpoint) => void;
  /** Ends all probing. */
  readonly close: () => void;
}

interface HostHealthDeps {
  readonly probe: Probe;
  readonly now: () => number;
  /** Runs something later, without keeping the process alive for it. */
  readonly later: (run: () => void, milliseconds: number) => void;
  readonly onOutage: (outage: Outage) => void;
}

/** An endpoint went down, or was reached again. */
export interface Outage {
  readonly host: string;
  /** What is wrong; null if it is over. */
  readonly error: string | null;
  /** Since it began. */
  readonly milliseconds: number;
}

interface MonitoredHost {
  readonly endpoint: Endpoint;
  /** Who reported it first: the tenant with the most of them makes room. */
  readonly tenant: string;
  outage: string | null;
  /** When the outage began. */
  since: number;
  /** Something failed since the last probe was sent. */
  isSuspect: boolean;
  probesUnderWay: number;
  /** Counts good answers: a probe that was sent before the last one and fails proves nothing. */
  answers: number;
  nextTrial: number;
  /** When a request last failed there, or would have been sent. */
  lastRequestAt: number;
}

function keyOf({ base }: Endpoint): string {
  return base.href;
}

/** The oldest endpoint of the tenant with the most. */
function chooseEvicted(hosts: ReadonlyMap<string, MonitoredHost>): string | undefined {
  const counts = new Map<string, number>();
  for (const { tenant } of hosts.values()) counts.set(tenant, (counts.get(tenant) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...hosts].find(([, { tenant }]) => counts.get(tenant) === most)?.[0];
}

export function createHostHealth(deps: HostHealthDeps, limits: RegistryLimits): HostHealth {
  const { probe, now, later, onOutage } = deps;
  const hosts = new Map<string, MonitoredHost>();
  let isClosed = false;

  function report({ endpoint, since }: MonitoredHost, error: string | null): void {
    onOutage({ host: endpoint.base.host, error, milliseconds: now() - since });
  }

  function recover(host: MonitoredHost): void {
    host.answers++;
    if (host.outage !== null) report(host, null);
    host.outage = null;
  }

  async function sendProbe(host: MonitoredHost): Promise<void> {
    const { answers } = host;
    host.probesUnderWay++;
    const outage = await probe(host.endpoint);
    host.probesUnderWay--;
    if (outage === null) return recover(host);
    if (host.answers !== answers || hosts.get(keyOf(host.endpoint)) !== host) return;
    if (host.outage === null) {
      host.nextTrial = now() + limits.trialEveryMs;
      host.since = now();
      report(host, outage);
    }
    host.outage = outage;
  }

  function shouldStop(host: MonitoredHost): boolean {
    if (host.outage === null) return !host.isSuspect && host.probesUnderWay === 0;
    return now() - host.lastRequestAt > limits.idleProbingMs;
  }

  /** Probes once a second, while one before hangs too, and stops when nothing fails any more, or nothing is asked for. */
  function monitor(host: MonitoredHost): void {
    const key = keyOf(host.endpoint);
    if (hosts.get(key) !== host) return;
    if (shouldStop(host)) {
      hosts.delete(key);
      return;
    }
    host.isSuspect = false;
    void sendProbe(host);
    later(() => monitor(host), limits.probeEveryMs);
  }

  return {
    outageOf: (endpoint) => hosts.get(keyOf(endpoint))?.outage ?? null,
    allowTrial: (endpoint) => {
      const host = hosts.get(keyOf(endpoint));
      if (host === undefined) return false;
      host.lastRequestAt = now();
      if (host.nextTrial > now()) return false;
      host.nextTrial = now() + limits.trialEveryMs;
      return true;
    },
    suspect: (endpoint, tenant) => {
      // Requests that were under way fail when their connections are cut.
      if (isClosed) return;
      const known = hosts.get(keyOf(endpoint));
      if (known !== undefined) {
        known.isSuspect = true;
        known.lastRequestAt = now();
        return;
      }
      const evicted = hosts.size < limits.probedHosts ? undefined : chooseEvicted(hosts);
      if (evicted !== undefined) hosts.delete(evicted);
      const host = {
        endpoint,
        tenant,
        outage: null,
        since: 0,
        isSuspect: true,
        probesUnderWay: 0,
        answers: 0,
        nextTrial: 0,
        lastRequestAt: now(),
      };
      hosts.set(keyOf(endpoint), host);
      monitor(host);
    },
    answered: (endpoint) => {
      const host = hosts.get(keyOf(endpoint));
      if (host !== undefined) recover(host);
    },
    close: () => {
      isClosed = true;
      hosts.clear();
    },
  };
}

/** Asks an endpoint on wasmgate's own behalf. Resolves with what is wrong, null if it is alive; never rejects. */
export type Probe = (
  endpoint: Pick<Endpoint, 'base' | 'headers' | 'registry' | 'tls'>,
) => Promise<string | null>;

/** An address that is not allowed or a certificate that is not trusted fails every request at once: no pause is needed. */
function isOutage({ code, status }: RegistryError): boolean {
  return status === null && (code === 'unreachable' || code === 'timeout');
}

/** `GET /v2/` without a login (OCI distribution spec 1.1, "Determining Support"); redirects are not followed. */
export function createProbe(send: Send, limits: Pick<RegistryLimits, 'probeMs'>): Probe {
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
      return isOutage(error) ? error.state : null;
    }
  };
}
