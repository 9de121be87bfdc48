import { child, isObject, objectList, property, stringOr, type JsonObject } from '../lib/json.ts';
import { metadataText } from './object-metadata.ts';

/** Reports whether the API server wrote the object, as `kubectl get -o yaml` prints it: people write neither uid nor status. */
export function isLiveObject(object: JsonObject): boolean {
  return metadataText(object, 'uid') !== '' && isObject(property(object, 'status'));
}

/** Reports whether all containers of the Pod have ended for good. */
export function isFinishedPod(object: JsonObject): boolean {
  const phase = property(child(object, 'status'), 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

/**
 * Milliseconds after which the kubelet counts a restarted container as stable, and resets its back-off (`MaxContainerBackOff`, two
 * times five minutes).
 */
const STABLE_MILLISECONDS = 600_000;

/** The kubelet's lists of states. Ephemeral containers are not part of the workload. */
const STATUS_LISTS = ['initContainerStatuses', 'containerStatuses'] as const;

/** Reports whether the container ran to its end without an error, or is ready and does not just restart again and again. */
function hasStarted(status: JsonObject, now: number): boolean {
  const state = child(status, 'state');
  if (property(child(state, 'terminated'), 'exitCode') === 0) return true;
  const running = property(state, 'running');
  if (!isObject(running) || property(status, 'ready') !== true) return false;
  if (property(status, 'restartCount') === 0) return true;
  const startedAt = Date.parse(stringOr(property(running, 'startedAt'), ''));
  return now - startedAt >= STABLE_MILLISECONDS;
}

/** Returns the names of the containers that evidently start. @param now in epoch milliseconds */
export function startedContainers(object: JsonObject, now: number): ReadonlySet<string> {
  const status = child(object, 'status');
  const statuses = STATUS_LISTS.flatMap((key) => objectList(property(status, key)));
  return new Set(
    statuses
      .filter((one) => hasStarted(one, now))
      .flatMap((one) => stringOr(property(one, 'name'), null) ?? []),
  );
}
