import { setTimeout as sleep } from 'node:timers/promises';
import type { EventResult, EventsPort, ObjectEvent } from '../assess/ports.ts';
import { describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import { throttledWarn } from '../lib/throttled-warn.ts';
import { isObjectName } from '../pod/object-metadata.ts';
import { backoff, isTransient, type BackoffOptions } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { isKubernetesError } from './kubernetes-error.ts';

const EVENT_RETRIES = {
  /** Some 15 s in all, enough to replace an API server. */
  attempts: 5,
  retry: { firstMilliseconds: 500, maxMilliseconds: 8_000 } satisfies BackoffOptions,
} as const;

/** `NoteLengthLimit` of the API server's own validation. */
const MAX_NOTE_BYTES = 1024;

const CONTROLLER = 'wasmgate.dev/wasmgate';
/** Used instead of the object's name, which may already have the maximum length. */
const NAME_PREFIX = 'wasmgate-';
const ELLIPSIS = '…';

export const EVENT_RESULTS = ['written', 'needless', 'failed'] as const satisfies readonly EventResult[];

export interface EventsDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
  /** Called with the result of each Event. */
  readonly onEvent?: ((result: EventResult) => void) | undefined;
}

export interface EventsOptions {
  /** Names the replica that writes. */
  readonly instance: string;
  readonly attempts?: number;
  readonly retry?: BackoffOptions;
}

/** Shortens a note between two characters, and removes control characters: notes quote registries. */
function boundNote(text: string): string {
  const bytes = Buffer.from(stripControlCharacters(text));
  if (bytes.length <= MAX_NOTE_BYTES) return bytes.toString();
  const most = MAX_NOTE_BYTES - Buffer.byteLength(ELLIPSIS);
  // With `stream`, the decoder holds back an incomplete last character.
  return new TextDecoder().decode(bytes.subarray(0, most), { stream: true }) + ELLIPSIS;
}

/** The API server accepts microseconds only. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}

function eventOf({ namespace, regarding, reason, message }: ObjectEvent, instance: string): object {
  const { apiVersion, kind, name, uid } = regarding;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace, generateName: NAME_PREFIX },
    eventTime: microTime(),
    type: 'Warning',
    reason,
    action: 'Admit',
    note: boundNote(message),
    reportingController: CONTROLLER,
    reportingInstance: instance,
    regarding: { apiVersion, kind, namespace, name, uid },
  };
}

/** Writes Events about objects that are known to exist; retries while the API server is in trouble. */
export function createEvents({ client, logger, onEvent }: EventsDeps, options: EventsOptions): EventsPort {
  const { instance, attempts, retry } = { ...EVENT_RETRIES, ...options };

  const warn = throttledWarn(logger, 'cannot write Event');

  async function post(event: ObjectEvent, signal: AbortSignal): Promise<void> {
    const { namespace, regarding } = event;
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    const action = `write an Event on ${regarding.kind} "${namespace}/${regarding.name}"`;
    const body = eventOf(event, instance);
    for (let failures = 1; ; failures += 1) {
      try {
        await client.request({ action, path, method: 'POST', body }, signal);
        return;
      } catch (error) {
        if (failures >= attempts || !isTransient(error)) throw error;
        await sleep(backoff(failures - 1, Math.random(), retry), undefined, { signal });
      }
    }
  }

  async function write(event: ObjectEvent, signal: AbortSignal): Promise<EventResult> {
    const { namespace, regarding } = event;
    if (!isObjectName(namespace)) return 'needless';
    try {
      await post(event, signal);
      return 'written';
    } catch (error) {
      const isGone = isKubernetesError(error, 'not-found');
      const fields = { namespace, kind: regarding.kind, name: regarding.name };
      const message = describeError(error);
      if (isGone) logger.debug(fields, message);
      else if (!signal.aborted) warn(fields, { namespace, message });
      return isGone ? 'needless' : 'failed';
    }
  }

  return {
    write: async (event, signal) => {
      const result = await write(event, signal);
      onEvent?.(result);
      return result;
    },
  };
}
