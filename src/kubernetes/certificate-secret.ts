import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../lib/errors.ts';
import { isObject, property, type JsonObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { backoff, type BackoffOptions } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { createKubernetesError, isKubernetesError } from './kubernetes-error.ts';

const DEFAULTS = {
  name: 'wasmgate-certificates',
  /** Each lost race means that another replica has just written: the next read finds its certificate. */
  attempts: 5,
  /**
   * Nothing is served before the certificate is there, so an API server that comes back is met soon. To end instead would
   * hand the waiting to the kubelet, whose back-off grows to five minutes.
   */
  retry: { firstMilliseconds: 800, maxMilliseconds: 5_000 },
} as const;

/** Faults of the way there: an API server that restarts, or is not reached yet from a node that starts. */
const PASSING = ['unreachable', 'timeout', 'server-error', 'too-many-requests'] as const;

/** PEM texts, as they stand in the Secret. */
export interface CertificateBundle {
  readonly caCert: string;
  readonly caKey: string;
  readonly cert: string;
  readonly key: string;
}

export interface CertificateSecretDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
  /** Answers the very bundle it was given where that can still serve, else a new one. */
  readonly renew: (known: CertificateBundle | null) => Promise<CertificateBundle>;
}

export interface CertificateSecretOptions {
  readonly namespace: string;
  readonly name?: string;
  readonly retry?: BackoffOptions;
}

/** Keys in the Secret; the first two are those of `kubernetes.io/tls`, so that other tools can read it. */
const KEYS = { cert: 'tls.crt', key: 'tls.key', caCert: 'ca.crt', caKey: 'ca.key' } as const;

/**
 * The certificate that all replicas serve: whoever comes first makes it and keeps it in a Secret, the others take it. Waits
 * for an API server that is away.
 */
export async function loadCertificateSecret(
  deps: CertificateSecretDeps,
  options: CertificateSecretOptions,
  signal: AbortSignal,
): Promise<CertificateBundle> {
  const { retry } = { ...DEFAULTS, ...options };
  for (let failures = 0; ; failures += 1) {
    try {
      return await loadOnce(deps, locate(options), signal);
    } catch (error) {
      if (!isKubernetesError(error, ...PASSING)) throw error;
      const milliseconds = Math.round(backoff(failures, Math.random(), retry));
      deps.logger.warn({ failures: failures + 1, retryMilliseconds: milliseconds }, describeError(error));
      // Aborted: the next round says so.
      await sleep(milliseconds, undefined, { signal }).catch(() => {});
    }
  }
}

/** What the Secret holds now; null where it is not there, or empty. */
export async function readCertificateSecret(
  client: KubernetesClient,
  options: CertificateSecretOptions,
  signal: AbortSignal,
): Promise<CertificateBundle | null> {
  const secret = await readSecret(client, locate(options), signal);
  return secret === null ? null : readBundle(secret);
}

/** Who loses a race (created in the meantime, or changed since it was read) reads again and takes the winner's. */
async function loadOnce(
  deps: CertificateSecretDeps,
  location: Location,
  signal: AbortSignal,
): Promise<CertificateBundle> {
  const { namespace, name } = location;
  for (let attempt = 1; attempt <= DEFAULTS.attempts; attempt += 1) {
    const secret = await readSecret(deps.client, location, signal);
    const known = secret === null ? null : readBundle(secret);
    const bundle = await deps.renew(known);
    if (bundle === known) return bundle;
    try {
      await writeSecret(deps.client, { location, secret, bundle }, signal);
      deps.logger.info({ namespace, name }, 'Made a new serving certificate and keep it in this Secret');
      return bundle;
    } catch (error) {
      // Gone since it was read (not-found) is a race lost, too: the next round creates it.
      if (!isKubernetesError(error, 'conflict', 'already-exists', 'not-found')) throw error;
    }
  }
  const state = 'it changes faster than it can be read';
  throw createKubernetesError(`keep certificates in secret "${namespace}/${name}"`, 'conflict', { state });
}

interface Location {
  readonly namespace: string;
  readonly name: string;
  readonly collection: string;
}

function locate(options: CertificateSecretOptions): Location {
  const { namespace, name } = { ...DEFAULTS, ...options };
  return { namespace, name, collection: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets` };
}

async function readSecret(
  client: KubernetesClient,
  { namespace, name, collection }: Location,
  signal: AbortSignal,
): Promise<JsonObject | null> {
  const call = {
    action: `read secret "${namespace}/${name}"`,
    path: `${collection}/${encodeURIComponent(name)}`,
  };
  try {
    return await client.request(call, signal);
  } catch (error) {
    if (isKubernetesError(error, 'not-found')) return null;
    throw error;
  }
}

function readBundle(secret: JsonObject): CertificateBundle | null {
  const data = property(secret, 'data');
  if (!isObject(data)) return null;
  const read = (key: string): string => {
    const value = property(data, key);
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
  };
  const bundle = {
    caCert: read(KEYS.caCert),
    caKey: read(KEYS.caKey),
    cert: read(KEYS.cert),
    key: read(KEYS.key),
  };
  return Object.values(bundle).every((text) => text === '') ? null : bundle;
}

interface Write {
  readonly location: Location;
  /** As it was read: its resourceVersion is the condition of the update. Null: create. */
  readonly secret: JsonObject | null;
  readonly bundle: CertificateBundle;
}

async function writeSecret(client: KubernetesClient, write: Write, signal: AbortSignal): Promise<void> {
  const { location, secret, bundle } = write;
  const { namespace, name, collection } = location;
  const data = {
    [KEYS.cert]: base64(bundle.cert),
    [KEYS.key]: base64(bundle.key),
    [KEYS.caCert]: base64(bundle.caCert),
    [KEYS.caKey]: base64(bundle.caKey),
  };
  const action = `write secret "${namespace}/${name}"`;
  if (secret === null) {
    const metadata = { name, namespace, labels: { 'app.kubernetes.io/name': 'wasmgate' } };
    const body = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data };
    await client.request({ action, path: collection, method: 'POST', body }, signal);
    return;
  }
  const path = `${collection}/${encodeURIComponent(name)}`;
  await client.request({ action, path, method: 'PUT', body: { ...secret, data } }, signal);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
