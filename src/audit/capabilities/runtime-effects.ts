import type { ClusterNode } from '../../pod/cluster-objects.ts';
import type { Severity } from '../../policy/finding-catalog.ts';
import type { HandlerProfile } from '../../policy/handlers/handler-profiles.ts';
import { handlerTable } from '../../policy/handlers/handler-table.ts';
import { leavesForeignTarPacked } from '../../policy/nodes/node-kinds.ts';
import { platformFlags } from '../../policy/nodes/platform-flags.ts';
import type { PolicySettings } from '../../policy/settings.ts';
import { describeRuntime, runtimeOf, type RuntimeVersion } from './node-runtimes.ts';

/** What nodes with these runtimes do with Wasm images, as far as wasmgate knows. */
export interface RuntimeEffect {
  readonly id: EffectId;
  readonly severity: Severity;
  /** Follows "Nodes with containerd 2.3": "do not unpack …". */
  readonly message: string;
  /** Empty if there is nothing to do. */
  readonly advice: string;
  /** `containerd 2.3`, sorted. */
  readonly runtimes: readonly string[];
  readonly nodes: number;
}

type Settings = Pick<PolicySettings, 'handlers'>;

interface NodeFacts {
  readonly node: ClusterNode;
  readonly runtime: RuntimeVersion;
  /** Those that it reports and wasmgate knows; null if it reports none. */
  readonly profiles: readonly HandlerProfile[] | null;
}

interface Rule extends Pick<RuntimeEffect, 'severity' | 'message'> {
  readonly applies: (facts: NodeFacts) => boolean;
  readonly advice: (nodes: readonly ClusterNode[]) => string;
}

/** Releases that pull Wasm layers (containerd pull request 9142): older ones compare them with a root file system. */
const WASM_LAYERS_SINCE: Readonly<Record<string, number>> = { '1.6': 25, '1.7': 7 };

function lacksWasmLayers({ name, release }: RuntimeVersion): boolean {
  if (name !== 'containerd' || release === null) return false;
  const [major, minor, patch] = release;
  const since = WASM_LAYERS_SINCE[`${major}.${minor}`];
  return since === undefined ? major < 1 || (major === 1 && minor < 6) : patch < since;
}

/** Reports whether an unconfirmed crun, which needs the annotation, is among the handlers. */
function needsAnnotation({ profiles }: NodeFacts): boolean {
  return profiles?.some((profile) => profile.needsAnnotation && !profile.annotationArrives) === true;
}

/** Reports whether the operator confirmed unpacking for every handler that starts Wasm. */
function unpacksAll({ profiles }: NodeFacts): boolean {
  const wasm = profiles?.filter(({ engine }) => engine !== 'linux') ?? [];
  return wasm.length > 0 && wasm.every(({ unpacksForeignTar }) => unpacksForeignTar);
}

const RULES = {
  'wasm-platforms-not-unpacked': {
    severity: 'warning',
    message:
      'pull file-system images for Wasm platforms, such as wasi/wasm, but do not unpack them with default settings: their containers end in CreateContainerError',
    advice: (nodes) =>
      `Build them with ${platformFlags(nodes)}. Or set use_local_image_pull = true on the nodes, and unpacksWasiImages in policy.handlers.`,
    applies: (facts) => leavesForeignTarPacked(facts.node) && !unpacksAll(facts),
  },
  'wasm-layers-not-supported': {
    severity: 'warning',
    message: 'do not start images with Wasm layers: "mismatched image rootfs and manifest layers"',
    advice: () => 'Update containerd to 1.7.7 or newer.',
    applies: ({ runtime }) => lacksWasmLayers(runtime),
  },
  'handlers-not-supported': {
    severity: 'warning',
    message: 'do not support the handlers of RuntimeClasses (cri-dockerd)',
    advice: () => 'Use containerd or CRI-O on nodes that run Wasm.',
    applies: ({ runtime }) => runtime.name === 'docker',
  },
  'handlers-not-reported': {
    severity: 'info',
    message: 'do not report their handlers, so wasmgate cannot know whether Pods of a class start there',
    advice: () => 'Update to containerd 2 and Kubernetes 1.30 or newer, which report them.',
    applies: ({ node, runtime }) =>
      node.handlers === null && (runtime.name === 'containerd' || runtime.name === 'cri-o'),
  },
  'annotation-filtered': {
    severity: 'info',
    message:
      'pass the annotation that crun needs only if their configuration says so, which wasmgate cannot see',
    advice: () =>
      'Set pod_annotations = ["module.wasm.image/*"] in containerd, or allowed_annotations in CRI-O. Then set annotationArrives in policy.handlers.',
    applies: needsAnnotation,
  },
  'oci-runtimes-only': {
    severity: 'info',
    message:
      'start OCI runtimes such as crun, no containerd shims, and run no Wasm artifacts. Their configuration (platform_runtime_paths) may start Wasm images without a class, which wasmgate cannot see',
    advice: () => '',
    applies: ({ runtime }) => runtime.name === 'cri-o',
  },
  'index-takes-linux-entry': {
    severity: 'info',
    message:
      "pull an index's Linux entry whenever there is one, whatever the RuntimeClass, and cannot pull an index of Wasm platforms only",
    advice: () =>
      'Build Wasm images with --provenance=false --sbom=false, or name the digest of the Wasm entry.',
    applies: ({ runtime }) => runtime.name === 'containerd' || runtime.name === 'cri-o',
  },
  'krustlet-only': {
    severity: 'info',
    message: 'ignore RuntimeClasses, and run only modules that wasm-to-oci pushed',
    advice: () => '',
    applies: ({ runtime }) => runtime.name === 'krustlet',
  },
} as const satisfies Readonly<Record<string, Rule>>;
export type EffectId = keyof typeof RULES;

const EFFECT_IDS = Object.keys(RULES) as readonly EffectId[];

function isWindows({ labels }: ClusterNode): boolean {
  return labels['kubernetes.io/os'] === 'windows';
}

function factsOf(node: ClusterNode, settings: Settings): NodeFacts {
  const { profileOf } = handlerTable(settings);
  const profiles = node.handlers?.flatMap((handler) => profileOf(handler) ?? []) ?? null;
  return { node, runtime: runtimeOf(node), profiles };
}

/** Lists the effects, each once with the runtimes that have it, in the order of their severity. Windows nodes run no Wasm. */
export function runtimeEffects(nodes: readonly ClusterNode[], settings: Settings): readonly RuntimeEffect[] {
  const known = nodes.filter((node) => !isWindows(node)).map((node) => factsOf(node, settings));
  return EFFECT_IDS.flatMap((id) => {
    const { applies, severity, message, advice }: Rule = RULES[id];
    const affected = known.filter(applies);
    if (affected.length === 0) return [];
    const runtimes = [...new Set(affected.map(({ runtime }) => describeRuntime(runtime)))].toSorted();
    const text = advice(affected.map(({ node }) => node));
    return [{ id, severity, message, advice: text, runtimes, nodes: affected.length }];
  });
}
