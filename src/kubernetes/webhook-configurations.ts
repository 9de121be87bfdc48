import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '../lib/errors.ts';
import { isObject, property, stringOr, type JsonObject } from '../lib/json.ts';
import type { Logger } from '../lib/logger.ts';
import { backoff } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { createKubernetesError, isKubernetesError } from './kubernetes-error.ts';

const DEFAULTS = {
  name: 'wasmgate',
  /**
   * With failurePolicy Ignore nobody notices a configuration made anew, which has no CA; until the next look every Pod is
   * admitted unseen. A look is three small GETs.
   */
  lookMilliseconds: 15_000,
  /** Times to read again when someone else changed the configuration in between; kubectl gives up after 5, too. */
  attempts: 5,
} as const;

const KINDS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'] as const;

export type CaBundleOutcome = 'set' | 'unchanged' | 'absent';

export interface WebhookConfigurations {
  /** Sets the CA of every webhook in both configurations where it differs. One result for each configuration. */
  readonly setCaBundle: (caPem: string, signal: AbortSignal) => Promise<readonly CaBundleOutcome[]>;
  /**
   * Does so again and again until the signal aborts; failures are logged and tried again. Never rejects.
   * @param readCa asked before each look
   */
  readonly keepCaBundle: (readCa: () => Promise<string>, signal: AbortSignal) => Promise<void>;
}

export interface WebhookConfigurationsOptions {
  readonly name?: string;
  readonly lookMilliseconds?: number;
}

/**
 * The webhook configurations belong to whoever applies the manifests; of them, `caBundle` is ours.
 *
 * It is set by a JSON patch. A server-side apply of ours would have to name each list entry by its key and would so become
 * its co-owner: when a later version of the manifests drops a webhook, `kubectl apply --server-side` could not remove the
 * entry, left with nothing but our field, and is refused as invalid (tried with 1.36). After a JSON patch, re-applying
 * keeps the CA, and dropping an entry works, with client-side and server-side apply alike.
 */
export function createWebhookConfigurations(
  deps: { readonly client: KubernetesClient; readonly logger: Logger },
  options: WebhookConfigurationsOptions = {},
): WebhookConfigurations {
  const { name, lookMilliseconds } = { ...DEFAULTS, ...options };
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
        if (outcomes.includes('set')) logger.info({ configuration: name }, 'Set the CA of the webhooks');
        failures = outcomes.includes('absent') ? failures + 1 : 0;
        if (failures === 1)
          logger.warn({ configuration: name }, 'The webhook configurations are not there yet');
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        logger.warn({ configuration: name, failures }, describeError(error));
      }
      const pause =
        failures === 0 ? lookMilliseconds : Math.min(lookMilliseconds, backoff(failures, Math.random()));
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  return { setCaBundle, keepCaBundle };
}

interface Target {
  readonly kind: (typeof KINDS)[number];
  readonly name: string;
  /** Base64 of the PEM, as it stands in the object. */
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
  for (let attempt = 1; attempt <= DEFAULTS.attempts; attempt += 1) {
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
      // A failed `test` is answered as invalid (422): the list has changed since it was read.
      if (!isKubernetesError(error, 'conflict', 'invalid') || attempt === DEFAULTS.attempts) throw error;
    }
  }
  throw createKubernetesError(call.action, 'conflict', { state: 'it changes faster than it can be read' });
}

/** Entries are addressed by position, so each is first tested to be the one that was read there. */
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
