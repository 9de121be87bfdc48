/**
 * The few fields of a Pod that wasmgate reads, as they stand in the API server's JSON. A Pod is never copied into another
 * form: `readPod` checks these fields' types in place and answers the same object under this type.
 */
export interface Pod {
  readonly metadata?: ObjectMeta;
  readonly spec: PodSpec;
}

export interface ObjectMeta {
  readonly name?: string;
  readonly uid?: string;
  readonly labels?: StringMap | null;
  readonly annotations?: StringMap | null;
  readonly deletionTimestamp?: string | null;
  readonly ownerReferences?: readonly OwnerReference[] | null;
}

export type StringMap = Readonly<Record<string, string>>;

export interface OwnerReference {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name?: string;
  readonly uid?: string;
  readonly controller?: boolean | null;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[] | null;
  readonly ephemeralContainers?: readonly Container[] | null;
  readonly runtimeClassName?: string | null;
  readonly nodeSelector?: StringMap | null;
  readonly tolerations?: readonly Toleration[] | null;
  readonly overhead?: Quantities | null;
  readonly imagePullSecrets?: readonly LocalObjectReference[] | null;
  readonly serviceAccountName?: string | null;
  readonly os?: { readonly name?: string } | null;
  readonly resources?: ResourceRequirements | null;
  readonly hostUsers?: boolean | null;
  readonly restartPolicy?: string | null;
  /** Set where the Pod is bound to a node already. */
  readonly nodeName?: string | null;
  readonly affinity?: { readonly nodeAffinity?: NodeAffinity | null } | null;
}

export interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: {
    readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] | null;
  } | null;
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[] | null;
  /** Of fields there is only `metadata.name`: the DaemonSet controller binds each of its Pods by it. */
  readonly matchFields?: readonly NodeSelectorRequirement[] | null;
}

export interface NodeSelectorRequirement {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[] | null;
}

export interface Container {
  readonly name: string;
  /** Empty in some templates; a Pod without an image is refused by the API server. */
  readonly image?: string;
  readonly command?: readonly string[] | null;
  readonly args?: readonly string[] | null;
  readonly env?: readonly EnvVar[] | null;
  readonly workingDir?: string | null;
  readonly volumeMounts?: readonly VolumeMount[] | null;
  readonly resources?: ResourceRequirements | null;
  readonly imagePullPolicy?: string;
  /** `Always` on an init container makes it a native sidecar. */
  readonly restartPolicy?: string | null;
  readonly tty?: boolean | null;
  readonly livenessProbe?: Probe | null;
  readonly readinessProbe?: Probe | null;
  readonly startupProbe?: Probe | null;
  readonly lifecycle?: { readonly postStart?: Handler | null; readonly preStop?: Handler | null } | null;
  readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean | null } | null;
}

/** A probe or a lifecycle hook; of what it does, only whether it runs a program matters. */
export interface Handler {
  readonly exec?: object | null;
}

export interface Probe extends Handler {
  readonly initialDelaySeconds?: number | null;
  readonly periodSeconds?: number | null;
  readonly failureThreshold?: number | null;
}

export interface EnvVar {
  readonly name?: string;
  readonly value?: string | null;
  readonly valueFrom?: object | null;
}

export interface VolumeMount {
  readonly mountPath?: string;
}

export interface ResourceRequirements {
  readonly requests?: Quantities | null;
  readonly limits?: Quantities | null;
}

/** Kubernetes quantities by resource name; the API server answers strings, hand-written YAML may hold numbers. */
export type Quantities = Readonly<Record<string, string | number>>;

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

export interface LocalObjectReference {
  readonly name?: string;
}
