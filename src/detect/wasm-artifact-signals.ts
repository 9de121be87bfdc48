import type { ImageConfig } from '../image/image-config.ts';
import type { Content } from '../image/image-facts.ts';
import type { Descriptor, ImageManifest } from '../image/manifest.ts';
import { CNCF_WASM_CONFIG, CNCF_WASM_LAYER, isImageConfig } from '../image/media-types.ts';
import { oncePer } from '../lib/once-per.ts';
import type { Subject } from './effective-command.ts';
import { layerQuery, moduleOf } from './layer-queries.ts';
import {
  configTypeEvidence,
  contentEvidence,
  layerEvidence,
  notAWorkload,
  platformEvidence,
  unsupported,
  type Signal,
} from './signal.ts';
import type { Evidence, Shape, Verdict, WasmFlavour } from './verdict.ts';

/** The layer types that runwasi loads (containerd-shim-wasm src/shim/shim.rs). */
const RUNWASI_LAYERS: ReadonlySet<string> = new Set([
  CNCF_WASM_LAYER,
  'application/vnd.bytecodealliance.wasm.component.layer.v0+wasm',
]);

/** Returns the layer that holds the Wasm file itself. */
export const wasmLayerOf = oncePer(({ layers }: ImageManifest): Descriptor | undefined =>
  layers.find(({ mediaType }) => RUNWASI_LAYERS.has(mediaType)),
);

const SPIN_APP_LAYER = 'application/vnd.fermyon.spin.application.v1+config';

/** What a component must export to start: a command or an HTTP server, of any version. */
const ENTRY_EXPORTS: ReadonlySet<string> = new Set([
  'wasi:cli/run',
  'wasi:http/incoming-handler',
  'wasi:http/handler',
]);

function exportsEntry(config: ImageConfig): string | undefined {
  return config.component?.exports.find((name) => ENTRY_EXPORTS.has(name.split('@', 1)[0] ?? ''));
}

interface ArtifactParts {
  readonly flavour: WasmFlavour;
  readonly shape: Shape | null;
  readonly evidence: readonly Evidence[];
}

/** Returns the kind of the layer's first bytes, if they were read. */
function layerContent({ variant }: Subject): Content | undefined {
  const layer = wasmLayerOf(variant.manifest);
  return layer === undefined ? undefined : variant.contents.get(layer.digest);
}

function seenLayer(subject: Subject): { readonly program?: Content } {
  const program = layerContent(subject);
  return program === undefined ? {} : { program };
}

/** Returns the verdict. The manifest decides the shape; if it leaves the shape open, the layer does. */
function wasm(subject: Subject, { flavour, shape, evidence }: ArtifactParts): Verdict {
  const layer = wasmLayerOf(subject.variant.manifest);
  const content = shape === null ? layerContent(subject) : undefined;
  const interfaces = subject.variant.config.component?.imports ?? [];
  const isSeen = content === 'module' || content === 'component';
  return {
    kind: 'wasm',
    flavour,
    shape: isSeen ? content : shape,
    packaging: 'oci-layer',
    firstArgument: subject.command.first,
    evidence:
      isSeen && layer !== undefined ? [...evidence, contentEvidence(layer.digest, content)] : evidence,
    ...(layer === undefined
      ? {}
      : {
          layerType: layer.mediaType,
          ...seenLayer(subject),
          ...moduleOf(subject.variant, layerQuery(layer)),
        }),
    ...(interfaces.length === 0 ? {} : { interfaces }),
  };
}

function exportsEvidence(value: string, meaning: string): Evidence {
  return { field: 'config.component.exports', value, meaning };
}

/**
 * Judges by the config's `component`. wkg labels a core module as a component with empty lists, so empty lists leave the shape
 * open. Exports that nothing starts mean a WIT package or a library.
 */
function judgeComponent(subject: Subject, base: Evidence): Verdict {
  const { component, platform } = subject.variant.config;
  if (component === null) {
    const shape = platform.os === 'wasip1' ? 'module' : null;
    const evidence = [base, platformEvidence(subject, 'a core module: no component interfaces')];
    return wasm(subject, { flavour: 'oci-module', shape, evidence });
  }
  const entry = exportsEntry(subject.variant.config);
  if (entry !== undefined) {
    const exported = exportsEvidence(entry, 'a component that can start');
    return wasm(subject, { flavour: 'oci-component', shape: 'component', evidence: [base, exported] });
  }
  if (component.exports.length === 0 && layerContent(subject) !== 'component') {
    const empty = exportsEvidence('[]', 'wkg writes this for core modules, too');
    return wasm(subject, { flavour: 'oci-module', shape: null, evidence: [base, empty] });
  }
  const exported = exportsEvidence(component.exports.join(', '), 'nothing that can start');
  if (component.exports.length === 0)
    return unsupported('it is a component that exports nothing', [base, exported]);
  return component.imports.length === 0
    ? notAWorkload('wit-package', 'a WIT package or library, which exports nothing that can start', exported)
    : unsupported('it is a component that exports neither wasi:cli/run nor an HTTP handler', [
        base,
        exported,
      ]);
}

function judgeCncf(subject: Subject): Verdict | null {
  const { config, layers } = subject.variant.manifest;
  if (config.mediaType !== CNCF_WASM_CONFIG) return null;
  const base = configTypeEvidence(subject, 'a Wasm artifact in the CNCF layout');
  const [layer] = layers;
  if (layer === undefined || layers.length > 1 || layer.mediaType !== CNCF_WASM_LAYER) {
    return unsupported(
      `a CNCF Wasm artifact has exactly one ${CNCF_WASM_LAYER} layer, but this one has ${layers.length} layers`,
      [base],
    );
  }
  const { architecture } = subject.variant.config.platform;
  if (architecture !== 'wasm') {
    return unsupported(`its config names architecture "${architecture}" where runtimes require "wasm"`, [
      base,
      platformEvidence(subject, 'runtimes compare it exactly'),
    ]);
  }
  return judgeComponent(subject, base);
}

function judgeSpin(subject: Subject): Verdict | null {
  const { config, layers } = subject.variant.manifest;
  const index = layers.findIndex((layer) => layer.mediaType === SPIN_APP_LAYER);
  if (index < 0 || !isImageConfig(config.mediaType)) return null;
  const evidence = [layerEvidence(subject, index, 'the locked application of Spin 2 and later')];
  return wasm(subject, { flavour: 'spin-app', shape: 'application', evidence });
}

/** Judges runwasi's layers. It loads only one, and only from a manifest whose architecture is exactly `wasm`. */
function judgeRunwasi(subject: Subject): Verdict | null {
  const { config, layers } = subject.variant.manifest;
  const index = layers.findIndex((layer) => RUNWASI_LAYERS.has(layer.mediaType));
  if (index < 0 || !isImageConfig(config.mediaType)) return null;
  const evidence = [
    layerEvidence(subject, index, 'a Wasm layer as runwasi loads it'),
    platformEvidence(subject, 'runwasi requires architecture wasm'),
  ];
  const { architecture } = subject.variant.config.platform;
  if (architecture !== 'wasm') {
    return unsupported(
      `it has a Wasm layer, but its architecture is "${architecture}" where runtimes require "wasm"`,
      evidence,
    );
  }
  const count = layers.filter((layer) => RUNWASI_LAYERS.has(layer.mediaType)).length;
  if (count > 1)
    return notAWorkload(
      null,
      `an image with ${count} Wasm layers, of which runtimes load exactly one`,
      layerEvidence(subject, index, 'one of several Wasm layers'),
    );
  return wasm(subject, { flavour: 'runwasi-oci', shape: null, evidence });
}

export const wasmArtifactSignals: readonly Signal[] = [
  {
    id: 'cncf-wasm',
    source: 'CNCF TAG Runtime, Wasm OCI artifact layout; what wkg 0.16 and oci-wasm write',
    judge: judgeCncf,
  },
  { id: 'spin-app', source: 'spinframework/spin crates/oci/src/client.rs', judge: judgeSpin },
  {
    id: 'runwasi-layer',
    source: 'containerd/runwasi crates/containerd-shim-wasm/src/containerd/client.rs',
    judge: judgeRunwasi,
  },
];
