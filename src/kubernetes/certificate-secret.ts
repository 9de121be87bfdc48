import { property, stringMap, type JsonObject } from '../lib/json.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import { isKubernetesError, readOrNull } from './kubernetes-error.ts';

/** The Secret of the manifests. */
export const CERTIFICATE_SECRET = 'wasmgate-certificates';

export interface SecretVersion {
  /** Data by key, decoded; empty if the Secret does not exist. */
  readonly texts: Readonly<Record<string, string>>;
  /** Writes all data. Returns false if the Secret was created, changed or deleted since the read. */
  readonly replace: (texts: Readonly<Record<string, string>>) => Promise<boolean>;
}

/** Reads the Secret in which the replicas share their certificates. */
export async function readCertificateSecret(
  client: KubernetesClient,
  { namespace }: { readonly namespace: string },
  signal: AbortSignal,
): Promise<SecretVersion> {
  const location = { namespace, name: CERTIFICATE_SECRET };
  const secret = await readSecret(client, location, signal);
  return {
    texts: secret === null ? {} : Object.fromEntries(decodeTexts(secret)),
    replace: async (texts) => {
      try {
        await writeSecret(client, { ...location, secret, texts }, signal);
        return true;
      } catch (error) {
        if (isKubernetesError(error, 'conflict', 'already-exists', 'not-found')) return false;
        throw error;
      }
    },
  };
}

interface Location {
  readonly namespace: string;
  readonly name: string;
}

function readSecret(
  client: KubernetesClient,
  { namespace, name }: Location,
  signal: AbortSignal,
): Promise<JsonObject | null> {
  const action = `read secret "${namespace}/${name}"`;
  const path = namespacePath(namespace, 'secrets', name);
  return readOrNull(() => client.request({ action, path }, signal));
}

function decodeTexts(secret: JsonObject): ReadonlyMap<string, string> {
  const data = [...stringMap(property(secret, 'data'))];
  return new Map(data.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

/** Returns the decoded texts of any Secret by key; null if it does not exist. */
export async function readSecretTexts(
  client: KubernetesClient,
  location: Location,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | null> {
  const secret = await readSecret(client, location, signal);
  return secret === null ? null : decodeTexts(secret);
}

interface Write extends Location {
  /** The Secret as read, whose resourceVersion guards the update; null to create it. */
  readonly secret: JsonObject | null;
  readonly texts: Readonly<Record<string, string>>;
}

async function writeSecret(client: KubernetesClient, write: Write, signal: AbortSignal): Promise<void> {
  const { namespace, name, secret, texts } = write;
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const action = `write secret "${namespace}/${name}"`;
  const path = namespacePath(namespace, 'secrets', name);
  if (secret === null) {
    const metadata = { name, namespace, labels: { 'app.kubernetes.io/name': 'wasmgate' } };
    const body = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data };
    await client.request({ action, path: namespacePath(namespace, 'secrets'), method: 'POST', body }, signal);
    return;
  }
  await client.request({ action, path, method: 'PUT', body: { ...secret, data } }, signal);
}
