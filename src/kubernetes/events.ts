import { setTimeout as sleep } from 'node:timers/promises';
import type { EventsPort, Logger, PodEvent } from '../assess/ports.ts';
import { describeError } from '../errors.ts';
import { metadataText } from '../pod/metadata-text.ts';
import { isObjectName } from '../pod/object-name.ts';
import { printable } from '../printable.ts';
import { backoff, type BackoffOptions } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { isKubernetesError } from './kubernetes-error.ts';

const DEFAULTS = {
  /** Written or waited for at a time: a trickle next to what the API server does, and a few KiB each. */
  maxPending: 64,
  /** A Pod is stored after our answer, when other webhooks have answered, too: some 10 s in all, then it never was. */
  attempts: 5,
  retry: { firstMilliseconds: 500, maxMilliseconds: 8_000 } satisfies BackoffOptions,
  /** `NoteLengthLimit` of the API server's own validation, in bytes. */
  maxNoteBytes: 1024,
} as const;

const CONTROLLER = 'wasmgate.dev/wasmgate';
/** Not the Pod's name, which may be as long as a name can be. */
const NAME_PREFIX = 'wasmgate-';
const ELLIPSIS = '…';

/** Not stored yet, or an API server in trouble for a moment. */
const PASSING = ['not-found', 'unreachable', 'timeout', 'server-error', 'too-many-requests'] as const;

/** Needless: the Pod was never stored, or another has its name. Dropped: there were too many at a time. */
export const EVENT_RESULTS = ['written', 'needless', 'failed', 'dropped'] as const;
export type EventResult = (typeof EVENT_RESULTS)[number];

export interface EventsDeps {
  readonly client: KubernetesClient;
  readonly logger: Logger;
  /** Told what became of each Event. */
  readonly onEvent?: ((result: EventResult) => void) | undefined;
}

export interface EventsOptions {
  /** Which of the replicas writes. */
  readonly instance: string;
  readonly maxPending?: number;
  readonly attempts?: number;
  readonly retry?: BackoffOptions;
}

/** Texts name what registries say. Cut between two characters. */
function boundNote(text: string): string {
  const bytes = Buffer.from(printable(text));
  if (bytes.length <= DEFAULTS.maxNoteBytes) return bytes.toString();
  const room = DEFAULTS.maxNoteBytes - Buffer.byteLength(ELLIPSIS);
  // A stream keeps the bytes of a character that is not whole for later.
  return new TextDecoder().decode(bytes.subarray(0, room), { stream: true }) + ELLIPSIS;
}

/** The API server takes microseconds and nothing else. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}

function describe({ namespace, name, uid, reason, message }: PodEvent, instance: string): object {
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
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
  };
}

/** Events on Pods, each written as soon as a GET shows that its Pod is there; the signal ends all that is under way. */
export function createEvents(
  { client, logger, onEvent }: EventsDeps,
  options: EventsOptions,
  signal: AbortSignal,
): EventsPort {
  const { instance, maxPending, attempts, retry } = { ...DEFAULTS, ...options };
  let pending = 0;
  let dropped = 0;

  /** The uid of the Pod that now has the name. */
  async function findPod({ namespace, name }: PodEvent): Promise<string> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
    const action = `read Pod "${namespace}/${name}"`;
    for (let failures = 0; ; failures += 1) {
      await sleep(backoff(failures, Math.random(), retry), undefined, { signal });
      try {
        return metadataText(await client.request({ action, path }, signal), 'uid');
      } catch (error) {
        if (failures + 1 >= attempts || !isKubernetesError(error, ...PASSING)) throw error;
      }
    }
  }

  async function write(event: PodEvent): Promise<EventResult> {
    const { namespace, name, uid } = event;
    // Another Pod of that name was looked at in its own time.
    if ((await findPod(event)) !== uid) return 'needless';
    const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
    const action = `write an Event on Pod "${namespace}/${name}"`;
    await client.request({ action, path, method: 'POST', body: describe(event, instance) }, signal);
    return 'written';
  }

  function tellFailure({ namespace, name }: PodEvent, error: unknown): EventResult {
    // Refused by somebody after us, or deleted at once: there is nobody to tell.
    const isGone = isKubernetesError(error, 'not-found');
    if (!signal.aborted) logger[isGone ? 'debug' : 'warn']({ namespace, pod: name }, describeError(error));
    return isGone ? 'needless' : 'failed';
  }

  return {
    emit: (event) => {
      if (signal.aborted || !isObjectName(event.namespace) || !isObjectName(event.name)) return;
      if (pending >= maxPending) {
        dropped += 1;
        onEvent?.('dropped');
        return;
      }
      if (dropped > 0) logger.warn({ events: dropped }, 'too many Events at a time; some were not written');
      dropped = 0;
      pending += 1;
      void write(event)
        .catch((error: unknown) => tellFailure(event, error))
        .then((result) => onEvent?.(result))
        .finally(() => (pending -= 1));
    },
  };
}
