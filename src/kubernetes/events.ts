import { setTimeout as sleep } from 'node:timers/promises';
import type { EventResult, EventsPort, ObjectEvent } from '../assess/ports.ts';
import { describeError } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { stripControlCharacters } from '../lib/strip-control-characters.ts';
import { isObjectName } from '../pod/object-metadata.ts';
import { backoff, type BackoffOptions } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { isKubernetesError } from './kubernetes-error.ts';

const DEFAULTS = {
  /** Some 15 s in all, within which an API server is exchanged for another one. */
  attempts: 5,
  retry: { firstMilliseconds: 500, maxMilliseconds: 8_000 } satisfies BackoffOptions,
  /** `NoteLengthLimit` of the API server's own validation, in bytes. */
  maxNoteBytes: 1024,
} as const;

const CONTROLLER = 'wasmgate.dev/wasmgate';
/** Not the object's name, which may be as long as a name can be. */
const NAME_PREFIX = 'wasmgate-';
const ELLIPSIS = '…';

/** An API server in trouble for a moment. */
const PASSING = ['unreachable', 'timeout', 'server-error', 'too-many-requests'] as const;

export const EVENT_RESULTS = ['written', 'needless', 'failed'] as const satisfies readonly EventResult[];

export interface EventsDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
  /** Told what became of each Event. */
  readonly onEvent?: ((result: EventResult) => void) | undefined;
}

export interface EventsOptions {
  /** Which of the replicas writes. */
  readonly instance: string;
  readonly attempts?: number;
  readonly retry?: BackoffOptions;
}

/** Texts name what registries say. Cut between two characters. */
function boundNote(text: string): string {
  const bytes = Buffer.from(stripControlCharacters(text));
  if (bytes.length <= DEFAULTS.maxNoteBytes) return bytes.toString();
  const room = DEFAULTS.maxNoteBytes - Buffer.byteLength(ELLIPSIS);
  // A stream keeps the bytes of a character that is not whole for later.
  return new TextDecoder().decode(bytes.subarray(0, room), { stream: true }) + ELLIPSIS;
}

/** The API server takes microseconds and nothing else. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}

function describe({ namespace, regarding, reason, message }: ObjectEvent, instance: string): object {
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

/** Events about objects that are known to exist; a write is retried while the API server is in trouble. */
export function createEvents({ client, logger, onEvent }: EventsDeps, options: EventsOptions): EventsPort {
  const { instance, attempts, retry } = { ...DEFAULTS, ...options };

  async function post(event: ObjectEvent, signal: AbortSignal): Promise<void> {
    const { namespace, regarding } = event;
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    const action = `write an Event on ${regarding.kind} "${namespace}/${regarding.name}"`;
    const body = describe(event, instance);
    for (let failures = 1; ; failures += 1) {
      try {
        await client.request({ action, path, method: 'POST', body }, signal);
        return;
      } catch (error) {
        if (failures >= attempts || !isKubernetesError(error, ...PASSING)) throw error;
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
      if (!signal.aborted) logger[isGone ? 'debug' : 'warn'](fields, describeError(error));
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
