import {
  below,
  checkNaming,
  checkObject,
  isBoolean,
  isInteger,
  isQuantity,
  isString,
  listOf,
  mapOf,
  optional,
  type Check,
} from './field-checks.ts';
import type { Pod } from './pod.ts';

const strings = listOf(isString);
const stringMap = mapOf(isString);
const quantities = mapOf(isQuantity);

const isResources: Check = (value, path) => {
  checkObject(value, path);
  optional(value['requests'], quantities, below(path, 'requests'));
  optional(value['limits'], quantities, below(path, 'limits'));
};

const isHandler: Check = (value, path) => {
  checkObject(value, path);
  optional(value['exec'], checkObject, below(path, 'exec'));
};

const isProbe: Check = (value, path) => {
  isHandler(value, path);
  checkObject(value, path);
  for (const field of ['initialDelaySeconds', 'periodSeconds', 'failureThreshold'])
    optional(value[field], isInteger, below(path, field));
};

const isLifecycle: Check = (value, path) => {
  checkObject(value, path);
  optional(value['postStart'], isHandler, below(path, 'postStart'));
  optional(value['preStop'], isHandler, below(path, 'preStop'));
};

const isSecurityContext: Check = (value, path) => {
  checkObject(value, path);
  optional(value['readOnlyRootFilesystem'], isBoolean, below(path, 'readOnlyRootFilesystem'));
};

const isVolumeMount: Check = (value, path) => {
  checkObject(value, path);
  optional(value['mountPath'], isString, below(path, 'mountPath'));
};

const isEnvVar: Check = (value, path) => {
  checkObject(value, path);
  optional(value['name'], isString, below(path, 'name'));
  optional(value['value'], isString, below(path, 'value'));
  optional(value['valueFrom'], checkObject, below(path, 'valueFrom'));
};

const isNamed: Check = (value, path) => {
  checkObject(value, path);
  optional(value['name'], isString, below(path, 'name'));
};

const volumeMounts = listOf(isVolumeMount);
const env = listOf(isEnvVar);

const isContainer: Check = (value, path) => {
  checkObject(value, path);
  isString(value['name'], below(path, 'name'));
  optional(value['image'], isString, below(path, 'image'));
  optional(value['command'], strings, below(path, 'command'));
  optional(value['args'], strings, below(path, 'args'));
  optional(value['env'], env, below(path, 'env'));
  optional(value['workingDir'], isString, below(path, 'workingDir'));
  optional(value['volumeMounts'], volumeMounts, below(path, 'volumeMounts'));
  optional(value['resources'], isResources, below(path, 'resources'));
  optional(value['imagePullPolicy'], isString, below(path, 'imagePullPolicy'));
  optional(value['restartPolicy'], isString, below(path, 'restartPolicy'));
  optional(value['tty'], isBoolean, below(path, 'tty'));
  optional(value['livenessProbe'], isProbe, below(path, 'livenessProbe'));
  optional(value['readinessProbe'], isProbe, below(path, 'readinessProbe'));
  optional(value['startupProbe'], isProbe, below(path, 'startupProbe'));
  optional(value['lifecycle'], isLifecycle, below(path, 'lifecycle'));
  optional(value['securityContext'], isSecurityContext, below(path, 'securityContext'));
};

const isToleration: Check = (value, path) => {
  checkObject(value, path);
  optional(value['key'], isString, below(path, 'key'));
  optional(value['operator'], isString, below(path, 'operator'));
  optional(value['value'], isString, below(path, 'value'));
  optional(value['effect'], isString, below(path, 'effect'));
};

const isRequirement: Check = (value, path) => {
  checkObject(value, path);
  optional(value['key'], isString, below(path, 'key'));
  optional(value['operator'], isString, below(path, 'operator'));
  optional(value['values'], strings, below(path, 'values'));
};

const requirements = listOf(isRequirement);

const isNodeSelectorTerm: Check = (value, path) => {
  checkObject(value, path);
  optional(value['matchExpressions'], requirements, below(path, 'matchExpressions'));
  optional(value['matchFields'], requirements, below(path, 'matchFields'));
};

const nodeSelectorTerms = listOf(isNodeSelectorTerm);

const isNodeSelector: Check = (value, path) => {
  checkObject(value, path);
  optional(value['nodeSelectorTerms'], nodeSelectorTerms, below(path, 'nodeSelectorTerms'));
};

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';

const isNodeAffinity: Check = (value, path) => {
  checkObject(value, path);
  optional(value[REQUIRED], isNodeSelector, below(path, REQUIRED));
};

const isAffinity: Check = (value, path) => {
  checkObject(value, path);
  optional(value['nodeAffinity'], isNodeAffinity, below(path, 'nodeAffinity'));
};

const containers = listOf(isContainer);
const tolerations = listOf(isToleration);
const references = listOf(isNamed);

const isSpec: Check = (value, path) => {
  checkObject(value, path);
  containers(value['containers'], below(path, 'containers'));
  optional(value['initContainers'], containers, below(path, 'initContainers'));
  optional(value['ephemeralContainers'], containers, below(path, 'ephemeralContainers'));
  optional(value['runtimeClassName'], isString, below(path, 'runtimeClassName'));
  optional(value['nodeSelector'], stringMap, below(path, 'nodeSelector'));
  optional(value['tolerations'], tolerations, below(path, 'tolerations'));
  optional(value['overhead'], quantities, below(path, 'overhead'));
  optional(value['imagePullSecrets'], references, below(path, 'imagePullSecrets'));
  optional(value['serviceAccountName'], isString, below(path, 'serviceAccountName'));
  optional(value['os'], isNamed, below(path, 'os'));
  optional(value['resources'], isResources, below(path, 'resources'));
  optional(value['hostUsers'], isBoolean, below(path, 'hostUsers'));
  optional(value['restartPolicy'], isString, below(path, 'restartPolicy'));
  optional(value['nodeName'], isString, below(path, 'nodeName'));
  optional(value['affinity'], isAffinity, below(path, 'affinity'));
};

const isOwnerReference: Check = (value, path) => {
  checkObject(value, path);
  optional(value['apiVersion'], isString, below(path, 'apiVersion'));
  optional(value['kind'], isString, below(path, 'kind'));
  optional(value['name'], isString, below(path, 'name'));
  optional(value['uid'], isString, below(path, 'uid'));
  optional(value['controller'], isBoolean, below(path, 'controller'));
};

const ownerReferences = listOf(isOwnerReference);

const isMetadata: Check = (value, path) => {
  checkObject(value, path);
  optional(value['name'], isString, below(path, 'name'));
  optional(value['uid'], isString, below(path, 'uid'));
  optional(value['labels'], stringMap, below(path, 'labels'));
  optional(value['annotations'], stringMap, below(path, 'annotations'));
  optional(value['deletionTimestamp'], isString, below(path, 'deletionTimestamp'));
  optional(value['ownerReferences'], ownerReferences, below(path, 'ownerReferences'));
};

const isPod: Check = (value, path) => {
  checkObject(value, path === null ? null : 'pod');
  const { metadata, spec } = value;
  optional(metadata, isMetadata, below(path, 'metadata'));
  isSpec(spec, below(path, 'spec'));
};

/**
 * Checks the fields that wasmgate reads, in place, and answers the same object: nothing is copied on the hot path.
 * @throws AppError `invalid-pod` naming the field
 */
export function readPod(value: unknown): Pod {
  checkNaming(isPod, value);
  return value as Pod;
}
