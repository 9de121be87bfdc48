import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../lib/errors.ts';
import { isObject, property, stringOr, type JsonObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { backoff } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { createKubernetesError, isKubernetesError } from './kubernetes-error.ts';

const CONFIGURATION_DEFAULTS = {
  name: 'wasmgate',
  /**
   * A configuration that was created again has no CA. With failurePolicy Ignore that shows nowhere, and every Pod is admitted
   * unchecked until the next check. A check is three small GETs.
   */
  checkMilliseconds: 15_000,
} as const;

/** If someone else changes the configuration after the read, wasmgate reads it again; kubectl also gives up after 5. */
const PATCH_ATTEMPTS = 5;

const KINDS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'] as const;

export type CaBundleOutcome = 'set' | 'unchanged' | 'absent';

export interface WebhookConfigurations {
  /** Sets the CA of every webhook in both configurations, if it differs. Returns one outcome for each configuration. */
  readonly setCaBundle: (caPem: string, signal: AbortSignal) => Promise<readonly CaBundleOutcome[]>;
  /**
   * Repeats that until the signal aborts; logs and retries failures. Never rejects.
   * @param readCa called before each check
   */
  readonly keepCaBundle: (readCa: () => Promise<string>, signal: AbortSignal) => Promise<void>;
}

export interface WebhookConfigurationsOptions {
  readonly name?: string;
  readonly checkMilliseconds?: number;
}

/**
 * Keeps `caBundle` in webhook configurations that otherwise belong to the operator, who applies the manifests.
 *
 * It uses a JSON patch. With server-side apply, wasmgate would name each list entry by its key and so become its co-owner. If a
 * later version of the manifests drops a webhook, `kubectl apply --server-side` then cannot remove the entry: it keeps
 * wasmgate's field only, and so is invalid (tried with 1.36). After a JSON patch, applying again keeps the CA and can drop
 * entries, both client-side and server-side.
 */
export function createWebhookConfigurations(
  deps: { readonly client: KubernetesClient; readonly logger: Logger },
  options: WebhookConfigurationsOptions = {},
): WebhookConfigurations {
  const { name, checkMilliseconds } = { ...CONFIGURATION_DEFAULTS, ...options };
  const { client, logger } = deps;

  const setCaBundle = (caPem: string, signal: AbortSignal): Promise<readonly CaBundleOutcome[]> => {
    const caBundle = Buffer.from(caPem).toString('base64');
    return Promise.all(KINDS.map((kind) => setIn(client, { kind, name, caBundle }, signal)));
  };

  async function keepCaBundle(readCa: () => Promise<string>, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const outcomes = await setCaBundle(await readCa(), signal);
        if (outcomes.includes('set')) logger.info({ configuration: name }, 'set the CA of the webhooks');
        failures = outcomes.includes('absent') ? failures + 1 : 0;
        if (failures === 1)
          logger.warn({ configuration: name }, 'the webhook configurations do not exist yet');
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        logger.warn({ configuration: name, failures }, describeError(error));
      }
      const pause =
        failures === 0 ? checkMilliseconds : Math.min(checkMilliseconds, backoff(failures, Math.random()));
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  return { setCaBundle, keepCaBundle };
}

interface Target {
  readonly kind: (typeof KINDS)[number];
  readonly name: string;
  /** Base64 of the PEM, as in the object. */
  readonly caBundle: string;
}

async function setIn(
  client: KubernetesClient,
  target: Target,
  signal: AbortSignal,
): Promise<CaBundleOutcome> {
  const { kind, name, caBundle } = target;
  const path = `/apis/admissionregistration.k8s.io/v1/${kind}/${encodeURIComponent(name)}`;
  const call = { action: `set the CA of ${kind} "${name}"`, path };
  for (let attempt = 1; attempt <= PATCH_ATTEMPTS; attempt += 1) {
    try {
      const operations = caBundleOperations(await client.request(call, signal), caBundle);
      if (operations.length === 0) return 'unchanged';
      const patch = {
        method: 'PATCH',
        contentType: 'application/json-patch+json',
        body: operations,
      } as const;
      await client.request({ ...call, ...patch, query: { fieldManager: 'wasmgate' } }, signal);
      return 'set';
    } catch (error) {
      if (isKubernetesError(error, 'not-found')) return 'absent';
      // The API server reports a failed `test` as invalid (422): the list has changed since it was read.
      if (!isKubernetesError(error, 'conflict', 'invalid') || attempt === PATCH_ATTEMPTS) throw error;
    }
  }
  throw createKubernetesError(call.action, 'conflict', { state: 'it changes faster than it can be read' });
}

/** A JSON patch addresses entries by position, so it first tests that each is still the one read there. */
function caBundleOperations(configuration: JsonObject, caBundle: string): readonly object[] {
  const webhooks = property(configuration, 'webhooks');
  if (!Array.isArray(webhooks)) return [];
  return webhooks.filter(isObject).flatMap((webhook, index) => {
    const clientConfig = property(webhook, 'clientConfig');
    if (!isObject(clientConfig) || property(clientConfig, 'caBundle') === caBundle) return [];
    return [
      { op: 'test', path: `/webhooks/${index}/name`, value: stringOr(property(webhook, 'name'), '') },
      { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle },
    ];
  });
}
