import type { Endpoint } from './endpoints.ts';
import { RegistryError } from './errors.ts';
import { OWN_TENANT, type HttpRequest, type Send } from './http-types.ts';
import type { RegistryLimits } from './limits.ts';

/** Tracks which endpoints are down for all namespaces, by wasmgate's own probes and by successful requests. */
export interface HostHealth {
  /** Returns what is wrong with an endpoint that is down; null if it is up or not monitored. */
  readonly outageOf: (endpoint: Endpoint) => string | null;
  /** Reports whether a trial request may go to an endpoint that is down (half-open), and counts it. */
  readonly allowTrial: (endpoint: Endpoint) => boolean;
  /** Starts probing after a failure. @param tenant the namespace whose request failed */
  readonly suspect: (endpoint: Endpoint, tenant: string) => void;
  /** Records that the endpoint answered a request. */
  readonly answered: (endpoint: Endpoint) => void;
  readonly close: () => void;
}

interface HostHealthDeps {
  readonly probe: Probe;
  readonly now: () => number;
  /** Schedules a call without keeping the process alive for it. */
  readonly later: (run: () => void, milliseconds: number) => void;
  readonly onOutage: (outage: Outage) => void;
}

/** The start or the end of an outage. */
export interface Outage {
  readonly host: string;
  /** The failure; null when the outage is over. */
  readonly error: string | null;
  /** Since it began. */
  readonly milliseconds: number;
}

interface MonitoredHost {
  readonly endpoint: Endpoint;
  /** The namespace that reported it first: one of the namespace with the most endpoints is evicted. */
  readonly tenant: string;
  outage: string | null;
  /** When the outage began. */
  since: number;
  /** True if a request failed since the last probe was sent. */
  isSuspect: boolean;
  probesUnderWay: number;
  /** Counts successes: the failure of a probe that was sent before the last success proves nothing. */
  answers: number;
  nextTrial: number;
  /** When a request last failed there, or was held back. */
  lastRequestAt: number;
}

function keyOf({ base }: Endpoint): string {
  return base.href;
}

/** Returns the oldest endpoint of the namespace with the most. */
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

  /** Probes at intervals, even while an earlier probe hangs, until requests succeed again or cease. */
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
      // Closing connections fails the requests in flight.
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

/** Probes an endpoint on wasmgate's own behalf. Resolves with what is wrong, null if it is up; never rejects. */
export type Probe = (
  endpoint: Pick<Endpoint, 'base' | 'headers' | 'registry' | 'tls'>,
) => Promise<string | null>;

/** A denied address or an untrusted certificate fails every request at once anyway, so it is not an outage. */
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
