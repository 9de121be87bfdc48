import { hasRootFileSystem } from '../image/manifest.ts';
import { isUnknownPlatform, isWasmPlatform } from '../image/platform.ts';
import { VARIANT_ANNOTATION } from '../pod/names.ts';
import { namesWasmFile, namesWatFile, type Subject } from './effective-command.ts';
import { contentOf, programQuery, startsByHost } from './layer-queries.ts';
import {
  commandEvidence,
  judgeHost,
  judgeNoHost,
  judgeProgram,
  notAWorkload,
  platformEvidence,
  programEvidence,
  unsupported,
  type Signal,
} from './signal.ts';
import type { Evidence, Verdict } from './verdict.ts';

/** Returns the annotation or label of crun's older recipes, which has no effect on Kubernetes and proves nothing. */
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

function judgeNoPlatform(subject: Subject): Verdict | null {
  const { os, architecture } = subject.variant.config.platform;
  if (os !== '' || architecture !== '') return null;
  return unsupported('its config names neither an operating system nor an architecture', [
    platformEvidence(subject, 'empty'),
  ]);
}

function judgeUnknownPlatform(subject: Subject): Verdict | null {
  if (!isUnknownPlatform(subject.variant.config.platform)) return null;
  return unsupported(
    'its config names platform "unknown", which BuildKit gives to entries that must not run',
    [platformEvidence(subject, 'not a platform of any node')],
  );
}

function judgeJavaScript(subject: Subject): Verdict | null {
  if (subject.variant.config.platform.os !== 'js') return null;
  const detail = 'it is built for js/wasm, which needs a JavaScript host, and no RuntimeClass offers one';
  const verdict = unsupported(detail, [platformEvidence(subject, 'Wasm for a JavaScript host')]);
  return { ...verdict, advice: 'Build it for WASI; in Go, set GOOS=wasip1.' };
}

/** Judges an image whose layers no node unpacks and no shim knows, such as Spin's layers without the application. */
function judgeNoFiles(subject: Subject): Verdict | null {
  const { platform } = subject.variant.config;
  if (!isWasmPlatform(platform) || hasRootFileSystem(subject.variant.manifest)) return null;
  return unsupported('it has neither a file-system layer nor a Wasm layer that any runtime loads', [
    platformEvidence(subject, 'a Wasm platform'),
  ]);
}

/**
 * Judges a tar image for a Wasm platform. Without a command it is an application whose host finds its manifest by name
 * (`/spin.toml`, `/slightfile.toml`); only the layer shows which one.
 */
function judgeWasiPlatform(subject: Subject): Verdict | null {
  const { platform } = subject.variant.config;
  if (!isWasmPlatform(platform)) return null;
  const evidence = [platformEvidence(subject, 'a Wasm platform')];
  if (!startsByHost(subject.command.first)) {
    const started = commandEvidence(subject, 'what the runtime would start');
    return judgeProgram(subject, 'wasi-image', [...evidence, started]);
  }
  const nothing = commandEvidence(subject, 'no file to start: Spin, slight or the like');
  return judgeHost(subject, evidence) ?? judgeNoHost(subject, [...evidence, nothing]);
}

/** Judges a Linux image that starts like a Spin application; only its layers show whether it is one. */
function judgeHostedLinux(subject: Subject): Verdict | null {
  const { first } = subject.command;
  if (!startsByHost(first)) return null;
  const evidence = [platformEvidence(subject, 'an ordinary platform')];
  const hosted = judgeHost(subject, evidence);
  if (hosted !== null || first === null) return hosted;
  const detail = `its command is "${first}", which only Spin and slight start, and the layers hold the manifest of neither`;
  return unsupported(detail, [...evidence, commandEvidence(subject, 'not a file that a kernel could start')]);
}

function judgeVariable(subject: Subject): Verdict | null {
  const { first, isOpen } = subject.command;
  // The name of the file may still be known: $(FOLDER)/app.wasm.
  if (first === null || !isOpen || namesWasmFile(first)) return null;
  return unsupported('its first argument holds a variable that only the node expands', [
    commandEvidence(subject, 'unknown before the container starts'),
  ]);
}

function judgeWasmEntrypoint(subject: Subject): Verdict | null {
  const { first } = subject.command;
  if (first === null || !(namesWasmFile(first) || namesWatFile(first))) return null;
  const isAnnotated = subject.variant.manifest.annotations.has(VARIANT_ANNOTATION);
  const evidence = withVariant(subject, [
    commandEvidence(subject, 'the first argument is a Wasm file'),
    platformEvidence(subject, 'an ordinary platform'),
  ]);
  return judgeProgram(subject, isAnnotated ? 'annotated-image' : 'wasm-entrypoint', evidence);
}

/** Judges a Wasm file under any name, which only the layers show. */
function judgeWasmProgram(subject: Subject): Verdict | null {
  const content = contentOf(subject.variant, programQuery(subject));
  if (content !== 'module' && content !== 'component') return null;
  const flavour = variantEvidence(subject) === null ? 'wasm-entrypoint' : 'annotated-image';
  const evidence = withVariant(subject, [platformEvidence(subject, 'an ordinary platform')]);
  return judgeProgram(subject, flavour, evidence);
}

/** Judges Istio's "compat" plugins, which have crun's annotation and a `plugin.wasm`, but nothing to start. */
function judgeProxyPlugin(subject: Subject): Verdict | null {
  const hint = variantEvidence(subject);
  if (hint === null || subject.command.first !== null) return null;
  return notAWorkload('proxy-wasm', 'a proxy-wasm plugin: it has nothing to start', {
    ...hint,
    meaning: 'without an ENTRYPOINT or CMD',
  });
}

function judgeContainer(subject: Subject): Verdict {
  const evidence = [platformEvidence(subject, 'an ordinary platform')];
  if (subject.command.first !== null)
    evidence.push(commandEvidence(subject, 'the first argument is not a Wasm file'));
  const program = contentOf(subject.variant, programQuery(subject));
  return {
    kind: 'container',
    ...(program === undefined ? {} : { program, firstArgument: subject.command.first }),
    evidence: [...withVariant(subject, evidence), ...programEvidence(subject)],
  };
}

/** Signals for ordinary image configs, in this order; the last one always returns a verdict. */
export const imageSignals: readonly Signal[] = [
  {
    id: 'no-platform',
    source: 'OCI image-spec config.md: os and architecture are required',
    judge: judgeNoPlatform,
  },
  {
    id: 'unknown-platform',
    source: 'BuildKit before 0.32: attestations as images of unknown/unknown',
    judge: judgeUnknownPlatform,
  },
  { id: 'js-wasm', source: 'Go GOOS=js: needs wasm_exec.js', judge: judgeJavaScript },
  {
    id: 'no-files',
    source: 'containerd-shim-spin source.rs: a Wasm layer without an application; runwasi client.rs',
    judge: judgeNoFiles,
  },
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
    id: 'hosted-linux',
    source: 'containerd-shim-spin constants.rs: /spin.toml in the root, on any platform',
    judge: judgeHostedLinux,
  },
  {
    id: 'wasm-entrypoint',
    source: 'libcrun handler-utils.c: the suffix of args[0]; runwasi: its magic bytes',
    judge: judgeWasmEntrypoint,
  },
  {
    id: 'wasm-program',
    source: 'runwasi src/sandbox/mod.rs: magic bytes under any name; crun with compat: any name',
    judge: judgeWasmProgram,
  },
  { id: 'proxy-plugin', source: 'istio pkg/wasm/imagefetcher.go, "compat" variant', judge: judgeProxyPlugin },
  { id: 'container', source: 'no other signal applies', judge: judgeContainer },
];
