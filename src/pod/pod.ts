import {
  anyObject,
  boolean,
  checkNaming,
  integer,
  listOf,
  mapOf,
  objectOf,
  quantity,
  string,
  type Checked,
} from './field-checks.ts';

/**
 * The fields of a Pod that wasmgate reads, as in the API server's JSON. The types, `readPod` and the Pod's shape are derived from
 * this description.
 */
const stringMap = mapOf(string);
export type StringMap = Checked<typeof stringMap>;

/** Kubernetes quantities by resource name; the API server sends strings, hand-written YAML may hold numbers. */
const quantities = mapOf(quantity);
export type Quantities = Checked<typeof quantities>;

const resourceRequirements = objectOf({ requests: quantities, limits: quantities });
export interface ResourceRequirements extends Checked<typeof resourceRequirements> {}

/** A lifecycle hook: only whether it runs a program matters. */
const handler = objectOf({ exec: anyObject });

const probe = objectOf({
  exec: anyObject,
  initialDelaySeconds: integer,
  periodSeconds: integer,
  failureThreshold: integer,
});
export interface Probe extends Checked<typeof probe> {}

const envVar = objectOf({ name: string, value: string, valueFrom: anyObject });
export interface EnvVar extends Checked<typeof envVar> {}

const reference = objectOf({ name: string });

export const CONTAINER_FIELDS = {
  name: string,
  /** Empty in some templates; the API server rejects a Pod without an image. */
  image: string,
  command: listOf(string),
  args: listOf(string),
  env: listOf(envVar),
  workingDir: string,
  volumeMounts: listOf(objectOf({ mountPath: string })),
  resources: resourceRequirements,
  imagePullPolicy: string,
  /** `Always` on an init container makes it a native sidecar. */
  restartPolicy: string,
  tty: boolean,
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: objectOf({ postStart: handler, preStop: handler }),
  securityContext: objectOf({ readOnlyRootFilesystem: boolean }),
};
const container = objectOf(CONTAINER_FIELDS, ['name']);
export interface Container extends Checked<typeof container> {}

const toleration = objectOf({
  key: string,
  operator: string,
  value: string,
  effect: string,
  tolerationSeconds: integer,
});
export interface Toleration extends Checked<typeof toleration> {}

const nodeSelectorRequirement = objectOf({ key: string, operator: string, values: listOf(string) });
export interface NodeSelectorRequirement extends Checked<typeof nodeSelectorRequirement> {}

const nodeSelectorTerm = objectOf({
  matchExpressions: listOf(nodeSelectorRequirement),
  /** The only field is `metadata.name`, by which the DaemonSet controller binds each of its Pods. */
  matchFields: listOf(nodeSelectorRequirement),
});
export interface NodeSelectorTerm extends Checked<typeof nodeSelectorTerm> {}

const nodeAffinity = objectOf({
  requiredDuringSchedulingIgnoredDuringExecution: objectOf({ nodeSelectorTerms: listOf(nodeSelectorTerm) }),
});

export const SPEC_FIELDS = {
  runtimeClassName: string,
  nodeSelector: stringMap,
  tolerations: listOf(toleration),
  overhead: quantities,
  imagePullSecrets: listOf(reference),
  serviceAccountName: string,
  os: reference,
  resources: resourceRequirements,
  hostUsers: boolean,
  restartPolicy: string,
  /** Set once the Pod is bound to a node. */
  nodeName: string,
  affinity: objectOf({ nodeAffinity }),
};
const containers = listOf(container);
const podSpec = objectOf(
  { ...SPEC_FIELDS, containers, initContainers: containers, ephemeralContainers: containers },
  ['containers'],
);
export interface PodSpec extends Checked<typeof podSpec> {}

const ownerReference = objectOf({
  apiVersion: string,
  kind: string,
  name: string,
  uid: string,
  controller: boolean,
});
export interface OwnerReference extends Checked<typeof ownerReference> {}

const objectMeta = objectOf({
  name: string,
  uid: string,
  labels: stringMap,
  annotations: stringMap,
  deletionTimestamp: string,
  ownerReferences: listOf(ownerReference),
});
export interface ObjectMeta extends Checked<typeof objectMeta> {}

const pod = objectOf({ metadata: objectMeta, spec: podSpec }, ['spec']);
export interface Pod extends Checked<typeof pod> {}

/**
 * Checks the fields that wasmgate reads, in place, and returns the same object: the hot path copies nothing.
 * @throws AppError `invalid-pod` naming the field
 */
export function readPod(value: unknown): Pod {
  checkNaming(pod, value);
  return value as Pod;
}
