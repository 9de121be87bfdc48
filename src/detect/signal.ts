import type { Content } from '../image/image-facts.ts';
import { formatPlatform } from '../image/platform.ts';
import type { Subject } from './effective-command.ts';
import {
  contentOf,
  folderQuery,
  hostOf,
  moduleOf,
  programQuery,
  siblingQuery,
  SLIGHT_MANIFEST,
  SPIN_MANIFEST,
} from './layer-queries.ts';
import type {
  ArtifactFlavour,
  Evidence,
  NotAWorkloadVerdict,
  UnknownVerdict,
  Verdict,
  WasmFlavour,
  WasmVerdict,
} from './verdict.ts';

/** A known sign of what an image is. The first signal of the table that returns a verdict decides. */
export interface Signal {
  readonly id: string;
  /** Where the rule comes from. */
  readonly source: string;
  readonly judge: (subject: Subject) => Verdict | null;
}

export function configTypeEvidence({ variant }: Subject, meaning: string): Evidence {
  return { field: 'manifest.config.mediaType', value: variant.manifest.config.mediaType, meaning };
}

export function layerEvidence({ variant }: Subject, index: number, meaning: string): Evidence {
  const value = variant.manifest.layers[index]?.mediaType ?? '';
  return { field: `manifest.layers[${index}].mediaType`, value, meaning };
}

export function platformEvidence({ variant }: Subject, meaning: string): Evidence {
  return { field: 'config.os/architecture', value: formatPlatform(variant.config.platform), meaning };
}

export function commandEvidence({ command }: Subject, meaning: string): Evidence {
  const field = command.origin === 'none' ? 'config.Entrypoint' : `${command.origin}[0]`;
  return { field, value: command.first ?? '', meaning };
}

const MEANINGS: Readonly<Record<Content, string>> = {
  module: 'its first bytes are those of a core module',
  component: 'its first bytes are those of a component',
  elf: 'its first bytes are those of a Linux program',
  script: 'its first bytes are those of a script',
  other: 'its first bytes are neither Wasm nor a Linux program',
  absent: 'no layer holds it',
  hidden: 'not found in the part of the layers that was read',
};

export function contentEvidence(key: string, content: Content): Evidence {
  return { field: `layers["${key}"]`, value: content, meaning: MEANINGS[content] };
}

/** Returns what the started file holds, if it was read. */
export function programEvidence(subject: Subject): readonly Evidence[] {
  const query = programQuery(subject);
  const content = contentOf(subject.variant, query);
  if (query === null || content === undefined) return [];
  return [contentEvidence(query.key.replace('//', '/'), content)];
}

export function notAWorkload(
  flavour: ArtifactFlavour | null,
  what: string,
  evidence: Evidence,
): NotAWorkloadVerdict {
  return { kind: 'not-a-workload', flavour, what, evidence: [evidence] };
}

/** Returns the verdict on an image that was read, but that no known runtime runs or whose kind stays open. */
export function unsupported(detail: string, evidence: readonly Evidence[]): UnknownVerdict {
  return { kind: 'unknown', reason: 'unsupported', detail, advice: null, evidence };
}

/** Returns what the layers show of the started file and its working directory. */
function layerFindings(subject: Subject): Partial<WasmVerdict> {
  const { variant } = subject;
  const query = programQuery(subject);
  const program = contentOf(variant, query);
  const folder = folderQuery(subject);
  const isFound = program !== undefined && program !== 'absent' && program !== 'hidden';
  const isOnlyOnPath = isFound && contentOf(variant, siblingQuery(subject)) === 'absent';
  return {
    ...(program === undefined ? {} : { program }),
    ...(isOnlyOnPath ? { isOnlyOnPath } : {}),
    ...(folder?.kind === 'folder' && contentOf(variant, folder) === 'absent'
      ? { missingFolder: folder.path }
      : {}),
    ...moduleOf(variant, query),
  };
}

function tarVerdict(
  subject: Subject,
  parts: Pick<WasmVerdict, 'flavour' | 'shape' | 'evidence'>,
): WasmVerdict {
  const { command, variant } = subject;
  const verdict: WasmVerdict = {
    kind: 'wasm',
    packaging: 'tar',
    firstArgument: command.first,
    ...(command.isOpen ? { isArgumentOpen: true } : {}),
    ...layerFindings(subject),
    ...parts,
  };
  return hostOf(variant) === 'none' ? { ...verdict, isHostless: true } : verdict;
}

/** Judges the image of an application that holds its host's manifest; null if the layers show none. */
export function judgeHost(subject: Subject, evidence: readonly Evidence[]): Verdict | null {
  const host = hostOf(subject.variant);
  if (host === null || host === 'none') return null;
  const isSpin = host === 'spin';
  const file = {
    field: `layers["${isSpin ? SPIN_MANIFEST : SLIGHT_MANIFEST}"]`,
    value: 'present',
    meaning: `what the ${host} shim reads`,
  };
  const flavour = isSpin ? 'spin-rootfs' : 'slight-app';
  return tarVerdict(subject, { flavour, shape: 'application', evidence: [...evidence, file] });
}

/** Judges an image for a Wasm platform that starts no file by name: an application, unless its layers hold no host's manifest. */
export function judgeNoHost(subject: Subject, evidence: readonly Evidence[]): Verdict {
  if (hostOf(subject.variant) !== 'none')
    return tarVerdict(subject, { flavour: 'spin-rootfs', shape: null, evidence });
  const missing = [SPIN_MANIFEST, SLIGHT_MANIFEST].map((path) => contentEvidence(path, 'absent'));
  return tarVerdict(subject, { flavour: 'wasi-image', shape: null, evidence: [...evidence, ...missing] });
}

/** Judges a file that manifest and command present as Wasm, by its bytes if they were read. */
export function judgeProgram(subject: Subject, flavour: WasmFlavour, evidence: readonly Evidence[]): Verdict {
  const content = contentOf(subject.variant, programQuery(subject));
  const seen = [...evidence, ...programEvidence(subject)];
  if (content === 'elf' || content === 'script')
    return {
      kind: 'container',
      program: content,
      firstArgument: subject.command.first,
      claimsWasm: true,
      evidence: seen,
    };
  const shape = content === 'module' || content === 'component' ? content : null;
  return judgeHost(subject, seen) ?? tarVerdict(subject, { flavour, shape, evidence: seen });
}
