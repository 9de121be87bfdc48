import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../lib/errors.ts';
import { isObject, property, type JsonObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { backoff, isTransient, type BackoffOptions } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import { createKubernetesError, isKubernetesError } from './kubernetes-error.ts';

const SECRET_DEFAULTS = {
  name: 'wasmgate-certificates',
  /**
   * wasmgate serves nothing before it has its certificate, so it retries often. If it exited instead, the kubelet's back-off
   * would grow to five minutes.
   */
  retry: { firstMilliseconds: 800, maxMilliseconds: 5_000 },
} as const;

/** Each lost race means that another replica has just written: the next read finds its certificate. */
const WRITE_ATTEMPTS = 5;

/** PEM texts, as in the Secret. */
export interface CertificateBundle {
  readonly caCert: string;
  readonly caKey: string;
  readonly cert: string;
  readonly key: string;
}

export interface CertificateSecretDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
  /** Returns the given bundle itself if it can still serve, else a new one. */
  readonly renew: (known: CertificateBundle | null) => Promise<CertificateBundle>;
}

export interface CertificateSecretOptions {
  readonly namespace: string;
  readonly name?: string;
  readonly retry?: BackoffOptions;
}

/** Keys in the Secret. The first two are those of `kubernetes.io/tls`, so that other tools can read it. */
const KEYS = { cert: 'tls.crt', key: 'tls.key', caCert: 'ca.crt', caKey: 'ca.key' } as const;

/**
 * Loads the certificate that all replicas serve: the first one creates it and stores it in a Secret, the others use that. Waits
 * while the API server is unreachable.
 */
export async function loadCertificateSecret(
  deps: CertificateSecretDeps,
  options: CertificateSecretOptions,
  signal: AbortSignal,
): Promise<CertificateBundle> {
  const { retry } = { ...SECRET_DEFAULTS, ...options };
  for (let failures = 0; ; failures += 1) {
    try {
      return await loadOnce(deps, locate(options), signal);
    } catch (error) {
      if (!isTransient(error)) throw error;
      const milliseconds = Math.round(backoff(failures, Math.random(), retry));
      deps.logger.warn({ failures: failures + 1, retryMilliseconds: milliseconds }, describeError(error));
      // If aborted, the next attempt throws.
      await sleep(milliseconds, undefined, { signal }).catch(() => {});
    }
  }
}

/** Returns what the Secret holds now; null if it does not exist or is empty. */
export async function readCertificateSecret(
  client: KubernetesClient,
  options: CertificateSecretOptions,
  signal: AbortSignal,
): Promise<CertificateBundle | null> {
  const secret = await readSecret(client, locate(options), signal);
  return secret === null ? null : readBundle(secret);
}

/** After a lost race (another replica created or changed the Secret), reads again and takes the winner's certificate. */
async function loadOnce(
  deps: CertificateSecretDeps,
  location: Location,
  signal: AbortSignal,
): Promise<CertificateBundle> {
  const { namespace, name } = location;
  for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt += 1) {
    const secret = await readSecret(deps.client, location, signal);
    const known = secret === null ? null : readBundle(secret);
    const bundle = await deps.renew(known);
    if (bundle === known) return bundle;
    try {
      await writeSecret(deps.client, { location, secret, bundle }, signal);
      deps.logger.info({ namespace, name }, 'created a serving certificate and stored it in this Secret');
      return bundle;
    } catch (error) {
      // Deleted since it was read (not-found) is a lost race, too: the next attempt creates it.
      if (!isKubernetesError(error, 'conflict', 'already-exists', 'not-found')) throw error;
    }
  }
  const state = 'it changes faster than it can be read';
  throw createKubernetesError(`store certificates in secret "${namespace}/${name}"`, 'conflict', { state });
}

interface Location {
  readonly namespace: string;
  readonly name: string;
  readonly collection: string;
  readonly path: string;
}

function locate(options: CertificateSecretOptions): Location {
  const { namespace, name } = { ...SECRET_DEFAULTS, ...options };
  const collection = namespacePath(namespace, 'secrets');
  return { namespace, name, collection, path: namespacePath(namespace, 'secrets', name) };
}

async function readSecret(
  client: KubernetesClient,
  { namespace, name, path }: Location,
  signal: AbortSignal,
): Promise<JsonObject | null> {
  try {
    return await client.request({ action: `read secret "${namespace}/${name}"`, path }, signal);
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
  /** The Secret as read, whose resourceVersion guards the update; null to create it. */
  readonly secret: JsonObject | null;
  readonly bundle: CertificateBundle;
}

async function writeSecret(client: KubernetesClient, write: Write, signal: AbortSignal): Promise<void> {
  const { location, secret, bundle } = write;
  const { namespace, name, collection, path } = location;
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
  await client.request({ action, path, method: 'PUT', body: { ...secret, data } }, signal);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
