import type { ImageManifest } from '../image/manifest.ts';
import { isImageConfig, OCI_EMPTY } from '../image/media-types.ts';
import { oncePer } from '../lib/once-per.ts';
import type { Subject } from './effective-command.ts';
import { configTypeEvidence, layerEvidence, notAWorkload, type Signal } from './signal.ts';
import type { ArtifactFlavour, Verdict } from './verdict.ts';

/** Config media types of what registries hold but Pods cannot run. */
const ARTIFACT_CONFIGS: Readonly<Record<string, readonly [flavour: ArtifactFlavour | null, what: string]>> = {
  'application/vnd.cncf.helm.config.v1+json': [null, 'a Helm chart'],
  'application/vnd.fermyon.spin.application.v1+config': [
    'spin-v1',
    'a Spin application in the format of Spin 1, which no current runtime loads',
  ],
  'application/vnd.wasmcloud.actor.archive.config': [
    'wasmcloud',
    'a wasmCloud actor, which only a wasmCloud host loads',
  ],
  'application/vnd.wasmcloud.provider.archive.config': [
    'wasmcloud',
    'a wasmCloud provider, which only a wasmCloud host loads',
  ],
  'application/vnd.module.wasm.config.v1+json': [
    'proxy-wasm',
    'a proxy-wasm plugin, which only a proxy loads',
  ],
};

/** Layer media types of signatures and attestations, even under an ordinary image config (cosign 2 writes one). */
const REFERRER_LAYERS: Readonly<Record<string, string>> = {
  'application/vnd.dev.cosign.simplesigning.v1+json': 'a cosign signature',
  'application/vnd.dsse.envelope.v1+json': 'a signed attestation',
  'application/vnd.in-toto+json': 'an in-toto attestation',
};

/** The layer of the "oci" variant of proxy-wasm plugins (solo-io/wasm spec), whatever their config. */
const PROXY_LAYER = 'application/vnd.module.wasm.content.layer.v1+wasm';

const LEGACY_WASM_CONFIG = 'application/vnd.wasm.config.v1+json';

function entryOf<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function judgeConfigType(subject: Subject): Verdict | null {
  const found = entryOf(ARTIFACT_CONFIGS, subject.variant.manifest.config.mediaType);
  if (found === undefined) return null;
  const [flavour, what] = found;
  return notAWorkload(flavour, what, configTypeEvidence(subject, `the config type of ${what}`));
}

function judgeReferrer(subject: Subject): Verdict | null {
  const { layers, artifactType, config, hasSubject } = subject.variant.manifest;
  for (const [index, layer] of layers.entries()) {
    const what = entryOf(REFERRER_LAYERS, layer.mediaType);
    if (what !== undefined)
      return notAWorkload(null, what, layerEvidence(subject, index, `the layer type of ${what}`));
  }
  if (!hasSubject || isImageConfig(config.mediaType)) return null;
  const evidence = {
    field: 'manifest.subject',
    value: artifactType ?? config.mediaType,
    meaning: 'it describes another image',
  };
  return notAWorkload(null, 'a document about another image', evidence);
}

/** Judges proxy-wasm plugins by their layer. wasmCloud actors have the same layer, so config types come first. */
function judgeProxyLayer(subject: Subject): Verdict | null {
  const index = subject.variant.manifest.layers.findIndex(({ mediaType }) => mediaType === PROXY_LAYER);
  if (index < 0) return null;
  const what = 'a proxy-wasm plugin, which only a proxy loads';
  return notAWorkload(
    'proxy-wasm',
    what,
    layerEvidence(subject, index, 'the layer type of proxy-wasm plugins'),
  );
}

const isKubewarden = oncePer(({ annotations }: ImageManifest): boolean =>
  [...annotations.keys()].some((key) => key.startsWith('io.kubewarden.')),
);

/** Judges what wasm-to-oci, krustlet and Kubewarden write alike. Only krustlets run it, and no RuntimeClass selects those. */
function judgeLegacyWasm(subject: Subject): Verdict | null {
  const { config } = subject.variant.manifest;
  if (config.mediaType !== LEGACY_WASM_CONFIG) return null;
  const isPolicy = isKubewarden(subject.variant.manifest);
  const what = isPolicy
    ? 'a Kubewarden policy'
    : 'a Wasm module in the layout of wasm-to-oci and policy tools';
  const evidence = configTypeEvidence(subject, 'an older layout that no RuntimeClass can run');
  return notAWorkload(isPolicy ? 'kubewarden-policy' : 'wasm-to-oci', what, evidence);
}

/** Judges any other config type: nodes store such an artifact, but give it no root file system (containerd core/unpack). */
function judgeOtherArtifact(subject: Subject): Verdict | null {
  const { config, artifactType } = subject.variant.manifest;
  if (isImageConfig(config.mediaType)) return null;
  const named = artifactType ?? config.mediaType;
  const what = named === '' || named === OCI_EMPTY ? 'an OCI artifact' : `an OCI artifact of type ${named}`;
  return notAWorkload(null, what, configTypeEvidence(subject, 'no image config, so nodes do not unpack it'));
}

export const artifactSignals: readonly Signal[] = [
  {
    id: 'referrer',
    source: 'OCI image-spec 1.1 manifest.md `subject`; cosign and in-toto media types',
    judge: judgeReferrer,
  },
  {
    id: 'artifact-config',
    source: 'helm, Spin, wasmCloud and proxy-wasm media types as their tools write them',
    judge: judgeConfigType,
  },
  {
    id: 'proxy-layer',
    source: 'solo-io/wasm spec, "oci" variant; istio pkg/wasm/imagefetcher.go',
    judge: judgeProxyLayer,
  },
  {
    id: 'legacy-wasm',
    source: 'engineerd/wasm-to-oci pkg/oci/mediatypes.go; kubewarden policy-fetcher',
    judge: judgeLegacyWasm,
  },
];

/** The signal for everything else without an image config; it comes after the Wasm artifacts in the table. */
export const otherArtifactSignal: Signal = {
  id: 'other-artifact',
  source: 'OCI image-spec 1.1 manifest.md, "Guidelines for Artifact Usage"; containerd core/unpack',
  judge: judgeOtherArtifact,
};
