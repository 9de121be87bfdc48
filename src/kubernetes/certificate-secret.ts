import { isObject, property, type JsonObject } from '../lib/json.ts';
import type { KubernetesClient } from './client.ts';
import { namespacePath } from './collections.ts';
import { isKubernetesError } from './kubernetes-error.ts';

/** The Secret of the manifests. */
const NAME = 'wasmgate-certificates';

export interface SecretTexts {
  /** Data by key, decoded; empty if the Secret does not exist. */
  readonly texts: Readonly<Record<string, string>>;
  /** Writes all data. Returns false if someone else has created, changed or deleted the Secret since the read. */
  readonly replace: (texts: Readonly<Record<string, string>>) => Promise<boolean>;
}

/** Reads the Secret in which the replicas share their certificates. */
export async function readCertificateSecret(
  client: KubernetesClient,
  { namespace }: { readonly namespace: string },
  signal: AbortSignal,
): Promise<SecretTexts> {
  const location = { namespace, path: namespacePath(namespace, 'secrets', NAME) };
  const secret = await readSecret(client, location, signal);
  return {
    texts: secret === null ? {} : readTexts(secret),
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
  readonly path: string;
}

async function readSecret(
  client: KubernetesClient,
  { namespace, path }: Location,
  signal: AbortSignal,
): Promise<JsonObject | null> {
  try {
    return await client.request({ action: `read secret "${namespace}/${NAME}"`, path }, signal);
  } catch (error) {
    if (isKubernetesError(error, 'not-found')) return null;
    throw error;
  }
}

function readTexts(secret: JsonObject): Readonly<Record<string, string>> {
  const data = property(secret, 'data');
  if (!isObject(data)) return {};
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, Buffer.from(value, 'base64').toString('utf8')]] : [],
    ),
  );
}

interface Write extends Location {
  /** The Secret as read, whose resourceVersion guards the update; null to create it. */
  readonly secret: JsonObject | null;
  readonly texts: Readonly<Record<string, string>>;
}

async function writeSecret(client: KubernetesClient, write: Write, signal: AbortSignal): Promise<void> {
  const { namespace, path, secret, texts } = write;
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const action = `write secret "${namespace}/${NAME}"`;
  if (secret === null) {
    const metadata = { name: NAME, namespace, labels: { 'app.kubernetes.io/name': 'wasmgate' } };
    const body = { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, data };
    await client.request({ action, path: namespacePath(namespace, 'secrets'), method: 'POST', body }, signal);
    return;
  }
  await client.request({ action, path, method: 'PUT', body: { ...secret, data } }, signal);
}
