import { isTarLayer } from '../image/media-types.ts';
import { isWasmPlatform } from '../image/platform.ts';
import { VARIANT_ANNOTATION } from '../pod/names.ts';
import { hasVariable, namesWasmFile, namesWatFile } from './effective-command.ts';
import {
  commandEvidence,
  notAWorkload,
  platformEvidence,
  unsupported,
  type Signal,
  type Subject,
} from './signal.ts';
import type { Evidence, Flavour, Verdict } from './verdict.ts';

/** The annotation or label that crun's older recipes set. It has no effect on Kubernetes and is never proof. */
function variantEvidence({ variant }: Subject): Evidence | null {
  const meaning = 'has no effect on Kubernetes and proves nothing: labels are inherited from base images';
  const annotation = variant.manifest.annotations.get(VARIANT_ANNOTATION);
  if (annotation !== undefined)
    return { field: `manifest.annotations["${VARIANT_ANNOTATION}"]`, value: annotation, meaning };
  const label = variant.config.labels.get(VARIANT_ANNOTATION);
  return label === undefined
    ? null
    : { field: `config.Labels["${VARIANT_ANNOTATION}"]`, value: label, meaning };
}

function withVariant(subject: Subject, evidence: readonly Evidence[]): readonly Evidence[] {
  const hint = variantEvidence(subject);
  return hint === null ? evidence : [...evidence, hint];
}

function tar(subject: Subject, flavour: Flavour, evidence: readonly Evidence[]): Verdict {
  const { first } = subject.command;
  return { kind: 'wasm', flavour, shape: null, packaging: 'tar', firstArgument: first, evidence };
}

function judgeNoPlatform(subject: Subject): Verdict | null {
  const { os, architecture } = subject.variant.config.platform;
  if (os !== '' || architecture !== '') return null;
  return unsupported('its config names neither an operating system nor an architecture', [
    platformEvidence(subject, 'empty'),
  ]);
}

function judgeJavaScript(subject: Subject): Verdict | null {
  if (subject.variant.config.platform.os !== 'js') return null;
  return unsupported(
    'it is built for js/wasm, which needs a JavaScript host and no RuntimeClass offers one',
    [platformEvidence(subject, 'Wasm for a JavaScript host')],
  );
}

/**
 * A tar image for a Wasm platform. Without any command it is an application whose host finds its files by name
 * (`/spin.toml`, `/slightfile.toml`): which one, only the layer tells.
 */
function judgeWasiPlatform(subject: Subject): Verdict | null {
  const { platform } = subject.variant.config;
  if (!isWasmPlatform(platform)) return null;
  const evidence = [platformEvidence(subject, 'a Wasm platform')];
  const { first } = subject.command;
  const isHosted =
    (first === null || first === '/') &&
    subject.variant.manifest.layers.some((layer) => isTarLayer(layer.mediaType));
  if (!isHosted)
    return tar(subject, 'wasi-image', [
      ...evidence,
      commandEvidence(subject, 'what the runtime would start'),
    ]);
  return tar(subject, 'spin-rootfs', [
    ...evidence,
    commandEvidence(subject, 'nothing to start by name: Spin, slight or the like'),
  ]);
}

function judgeVariable(subject: Subject): Verdict | null {
  const { first } = subject.command;
  if (first === null || !hasVariable(first)) return null;
  return unsupported('its first argument holds a variable that only the node expands', [
    commandEvidence(subject, 'not known before the start'),
  ]);
}

function judgeWasmEntrypoint(subject: Subject): Verdict | null {
  const { first } = subject.command;
  if (first === null || !(namesWasmFile(first) || namesWatFile(first))) return null;
  const isAnnotated = subject.variant.manifest.annotations.has(VARIANT_ANNOTATION);
  const evidence = [
    commandEvidence(subject, 'the first argument is a Wasm file'),
    platformEvidence(subject, 'an ordinary platform'),
  ];
  return tar(subject, isAnnotated ? 'annotated-image' : 'wasm-entrypoint', withVariant(subject, evidence));
}

/** Istio's "compat" plugins carry crun's annotation and a `plugin.wasm`, but nothing to start. */
function judgeProxyPlugin(subject: Subject): Verdict | null {
  const hint = variantEvidence(subject);
  if (hint === null || subject.command.first !== null) return null;
  return notAWorkload('proxy-wasm', 'a proxy-wasm plugin: it has nothing to start', {
    ...hint,
    meaning: 'with no ENTRYPOINT or CMD beside it',
  });
}

function judgeContainer(subject: Subject): Verdict {
  const evidence = [platformEvidence(subject, 'an ordinary platform')];
  if (subject.command.first !== null)
    evidence.push(commandEvidence(subject, 'the first argument is not a Wasm file'));
  return { kind: 'container', evidence: withVariant(subject, evidence) };
}

/** Rows for ordinary image configs, in this order; the last one always answers. */
export const imageSignals: readonly Signal[] = [
  {
    id: 'no-platform',
    source: 'OCI image-spec config.md: os and architecture are required',
    judge: judgeNoPlatform,
  },
  { id: 'js-wasm', source: 'Go GOOS=js: needs wasm_exec.js', judge: judgeJavaScript },
  {
    id: 'wasi-platform',
    source: 'docker buildx, buildah and umoci as they write --platform wasi/wasm',
    judge: judgeWasiPlatform,
  },
  {
    id: 'variable-command',
    source: 'Kubernetes: $(VAR) in command and args is expanded by the kubelet',
    judge: judgeVariable,
  },
  {
    id: 'wasm-entrypoint',
    source: 'libcrun handler-utils.c: the suffix of args[0]; runwasi: its magic bytes',
    judge: judgeWasmEntrypoint,
  },
  { id: 'proxy-plugin', source: 'istio pkg/wasm/imagefetcher.go, "compat" variant', judge: judgeProxyPlugin },
  { id: 'container', source: 'what is left is an ordinary image', judge: judgeContainer },
];
