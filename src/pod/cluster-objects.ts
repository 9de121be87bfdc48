import { child, isObject, property, stringMap, stringOr, type JsonObject } from '../lib/json.ts';
import { metadataText } from './object-metadata.ts';
import type { Quantities, StringMap, Toleration } from './pod.ts';

/** The relevant fields of a RuntimeClass (node.k8s.io/v1). Checks depend on `handler`, never on `name`. */
export interface RuntimeClass {
  readonly name: string;
  readonly handler: string;
  /** `overhead.podFixed`, verbatim; null if absent. */
  readonly overhead: Quantities | null;
  readonly nodeSelector: StringMap | null;
  readonly tolerations: readonly Toleration[] | null;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** The relevant fields of a Node. */
export interface ClusterNode {
  readonly name: string;
  readonly labels: StringMap;
  readonly taints: readonly Taint[];
  /** `spec.unschedulable`: cordoned. */
  readonly unschedulable: boolean;
  /** `status.nodeInfo.architecture` in Go's spelling; '' if unknown. */
  readonly architecture: string;
  /** Names in `status.runtimeHandlers` without the default one (''); null if the node reports none (empty list). */
  readonly handlers: readonly string[] | null;
  /** `status.nodeInfo.containerRuntimeVersion`, such as `containerd://2.3.7`; '' if unknown. */
  readonly runtimeVersion: string;
  /** `status.capacity.cpu` as a quantity; null if unknown. */
  readonly cpuCapacity: string | number | null;
}

export interface Namespace {
  readonly name: string;
  readonly labels: StringMap;
}

/** The part of a LimitRange (v1) for containers and Pods. */
export interface LimitRange {
  readonly name: string;
  readonly namespace: string;
  readonly limits: readonly LimitRangeItem[];
}

/** By resource; null if absent. The API server has derived missing `default` and `defaultRequest` from the others. */
export interface LimitRangeItem {
  readonly type: 'Container' | 'Pod';
  readonly min: Quantities | null;
  readonly max: Quantities | null;
  readonly default: Quantities | null;
  readonly defaultRequest: Quantities | null;
  readonly maxLimitRequestRatio: Quantities | null;
}

/**
 * Copies the relevant fields of a RuntimeClass out of JSON, as the other functions do for their kinds, so that the rest, such as
 * managedFields and a node's list of images, is not kept. Returns null if a required field is missing.
 */
export function parseRuntimeClass(object: JsonObject): RuntimeClass | null {
  const name = metadataText(object, 'name');
  const handler = property(object, 'handler');
  if (name === '' || typeof handler !== 'string') return null;
  const scheduling = child(object, 'scheduling');
  const tolerations = property(scheduling, 'tolerations');
  return {
    name,
    handler,
    overhead: readQuantities(property(child(object, 'overhead'), 'podFixed')),
    nodeSelector: readStringMap(property(scheduling, 'nodeSelector')),
    tolerations: Array.isArray(tolerations) ? (tolerations.filter(isObject) as readonly Toleration[]) : null,
  };
}

export function parseNamespace(object: JsonObject): Namespace | null {
  const name = metadataText(object, 'name');
  return name === '' ? null : { name, labels: readLabels(object) };
}

export function parseNode(object: JsonObject): ClusterNode | null {
  const name = metadataText(object, 'name');
  if (name === '') return null;
  const spec = child(object, 'spec');
  const status = child(object, 'status');
  const info = child(status, 'nodeInfo');
  const cpu = property(child(status, 'capacity'), 'cpu');
  return {
    name,
    labels: readLabels(object),
    taints: readTaints(property(spec, 'taints')),
    unschedulable: property(spec, 'unschedulable') === true,
    architecture: stringOr(property(info, 'architecture'), ''),
    handlers: readHandlers(property(status, 'runtimeHandlers')),
    runtimeVersion: stringOr(property(info, 'containerRuntimeVersion'), ''),
    cpuCapacity: typeof cpu === 'string' || typeof cpu === 'number' ? cpu : null,
  };
}

export function parseLimitRange(object: JsonObject): LimitRange | null {
  const name = metadataText(object, 'name');
  const items = property(child(object, 'spec'), 'limits');
  if (name === '' || !Array.isArray(items)) return null;
  const limits = items.filter(isObject).flatMap(readLimitRangeItem);
  return { name, namespace: metadataText(object, 'namespace'), limits };
}

function readStringMap(value: unknown): StringMap | null {
  return isObject(value) ? Object.fromEntries(stringMap(value)) : null;
}

function readLabels(object: JsonObject): StringMap {
  return readStringMap(property(child(object, 'metadata'), 'labels')) ?? {};
}

function readQuantities(value: unknown): Quantities | null {
  if (!isObject(value)) return null;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string | number] =>
      typeof entry[1] === 'string' || typeof entry[1] === 'number',
  );
  return Object.fromEntries(entries);
}

function readTaints(value: unknown): readonly Taint[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map((taint) => {
    const text = property(taint, 'value');
    return {
      key: stringOr(property(taint, 'key'), ''),
      ...(typeof text === 'string' ? { value: text } : {}),
      effect: stringOr(property(taint, 'effect'), ''),
    };
  });
}

/** Returns the handlers without the runtime's default, whose name is empty. Null if the runtime reports none. */
function readHandlers(value: unknown): readonly string[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  return value
    .map((handler) => (isObject(handler) ? stringOr(property(handler, 'name'), '') : ''))
    .filter((name) => name !== '');
}

/** Ignores limits of PersistentVolumeClaims. */
function readLimitRangeItem(item: JsonObject): readonly LimitRangeItem[] {
  const type = property(item, 'type');
  if (type !== 'Container' && type !== 'Pod') return [];
  const read = (key: string): Quantities | null => readQuantities(property(item, key));
  return [
    {
      type,
      min: read('min'),
      max: read('max'),
      default: read('default'),
      defaultRequest: read('defaultRequest'),
      maxLimitRequestRatio: read('maxLimitRequestRatio'),
    },
  ];
}
