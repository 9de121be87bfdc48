import { isObject, property, stringOr, type JsonObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import type { KubernetesClient } from './client.ts';
import { createKubernetesError, isKubernetesError, readOrNull } from './kubernetes-error.ts';

/** Both configurations of the manifests. */
export const CONFIGURATION_NAME = 'wasmgate';
export const CONFIGURATION_KINDS = [
  'mutatingwebhookconfiguration',
  'validatingwebhookconfiguration',
] as const;

type ConfigurationKind = (typeof CONFIGURATION_KINDS)[number];

/** If someone else changes the configuration after the read, wasmgate reads it again; kubectl also gives up after 5. */
const PATCH_ATTEMPTS = 5;

/** The `caBundle` of each webhook as PEM, empty where there is none; null if the configuration does not exist. */
export type FoundBundles = readonly string[] | null;

export interface WebhookConfigurations {
  readonly read: (signal: AbortSignal) => Promise<readonly FoundBundles[]>;
  /** Sets the CA of every webhook in both configurations, if it differs. Returns what was there before. */
  readonly ensure: (caPem: string, signal: AbortSignal) => Promise<readonly FoundBundles[]>;
}

/**
 * Keeps `caBundle` in webhook configurations that otherwise belong to the operator, who applies the manifests.
 *
 * It uses a JSON patch. With server-side apply, wasmgate would name each list entry by its key and so become its co-owner. If a
 * later version of the manifests drops a webhook, `kubectl apply --server-side` then cannot remove the entry: it keeps
 * wasmgate's field only, and so is invalid (tried with 1.36). After a JSON patch, applying again keeps the CA and can drop
 * entries, both client-side and server-side.
 */
export function createWebhookConfigurations(deps: {
  readonly client: KubernetesClient;
  readonly logger: Pick<Logger, 'info'>;
}): WebhookConfigurations {
  return {
    read: (signal) =>
      Promise.all(
        CONFIGURATION_KINDS.map(async (kind) => {
          const configuration = await readConfiguration(deps.client, kind, signal);
          return configuration === null ? null : bundlesOf(configuration);
        }),
      ),
    ensure: (caPem, signal) =>
      Promise.all(CONFIGURATION_KINDS.map((kind) => ensureIn(deps, { kind, caPem }, signal))),
  };
}

interface Target {
  readonly kind: ConfigurationKind;
  readonly caPem: string;
}

/** Returns the path of wasmgate's configuration of this kind. */
export function configurationPath(kind: ConfigurationKind): string {
  return `/apis/admissionregistration.k8s.io/v1/${kind}s/${CONFIGURATION_NAME}`;
}

function callOf(kind: ConfigurationKind, verb: string) {
  return { action: `${verb} the CA of ${kind}s "${CONFIGURATION_NAME}"`, path: configurationPath(kind) };
}

async function readConfiguration(
  client: KubernetesClient,
  kind: ConfigurationKind,
  signal: AbortSignal,
): Promise<JsonObject | null> {
  return readOrNull(() => client.request(callOf(kind, 'read'), signal));
}

async function ensureIn(
  { client, logger }: Parameters<typeof createWebhookConfigurations>[0],
  { kind, caPem }: Target,
  signal: AbortSignal,
): Promise<FoundBundles> {
  const call = callOf(kind, 'set');
  const caBundle = Buffer.from(caPem).toString('base64');
  for (let attempt = 1; attempt <= PATCH_ATTEMPTS; attempt += 1) {
    const configuration = await readConfiguration(client, kind, signal);
    if (configuration === null) return null;
    const found = bundlesOf(configuration);
    const body = caBundleOperations(configuration, caBundle);
    if (body.length === 0) return found;
    try {
      const patch = { method: 'PATCH', contentType: 'application/json-patch+json', body } as const;
      await client.request({ ...call, ...patch, query: { fieldManager: 'wasmgate' } }, signal);
      logger.info({ configuration: CONFIGURATION_NAME, kind: `${kind}s` }, 'set the CA of the webhooks');
      return found;
    } catch (error) {
      if (isKubernetesError(error, 'not-found')) return null;
      // The API server reports a failed `test` as invalid (422): the list has changed since it was read.
      if (!isKubernetesError(error, 'conflict', 'invalid') || attempt === PATCH_ATTEMPTS) throw error;
    }
  }
  throw createKubernetesError(call.action, 'conflict', { state: 'it changes faster than it can be read' });
}

/** Returns `clientConfig` of each webhook, which is an object unless the configuration is invalid. */
export function clientConfigsOf(configuration: JsonObject) {
  const webhooks = property(configuration, 'webhooks');
  return (Array.isArray(webhooks) ? webhooks : []).filter(isObject).map((webhook) => ({
    name: stringOr(property(webhook, 'name'), ''),
    clientConfig: property(webhook, 'clientConfig'),
  }));
}

/** Returns `caBundle` as PEM, empty if there is none. */
export function caBundleOf(clientConfig: unknown): string {
  const caBundle = isObject(clientConfig) ? stringOr(property(clientConfig, 'caBundle'), '') : '';
  return Buffer.from(caBundle, 'base64').toString('utf8');
}

function bundlesOf(configuration: JsonObject): readonly string[] {
  return clientConfigsOf(configuration).map(({ clientConfig }) => caBundleOf(clientConfig));
}

/** A JSON patch addresses entries by position, so it first tests that each is still the one read there. */
function caBundleOperations(configuration: JsonObject, caBundle: string): readonly object[] {
  return clientConfigsOf(configuration).flatMap(({ name, clientConfig }, index) => {
    if (!isObject(clientConfig) || property(clientConfig, 'caBundle') === caBundle) return [];
    return [
      { op: 'test', path: `/webhooks/${index}/name`, value: name },
      { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle },
    ];
  });
}
