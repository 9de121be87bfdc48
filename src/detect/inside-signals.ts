import type { Content } from '../image/image-facts.ts';
import {
  besideLookUp,
  contentOf,
  folderLookUp,
  hostOf,
  moduleOf,
  programLookUp,
  SLIGHT_MANIFEST,
  SPIN_MANIFEST,
} from './look-ups.ts';
import type { Subject } from './signal.ts';
import type { Evidence, Flavour, Verdict, WasmVerdict } from './verdict.ts';

const MEANINGS: Readonly<Record<Content, string>> = {
  module: 'its first bytes are those of a core module',
  component: 'its first bytes are those of a component',
  elf: 'its first bytes are those of a Linux program',
  script: 'its first bytes are those of a script',
  other: 'its first bytes are neither Wasm nor a Linux program',
  absent: 'no layer has it',
  hidden: 'not within as much of the layers as was read',
};

export function contentEvidence(key: string, content: Content): Evidence {
  return { field: `layers["${key}"]`, value: content, meaning: MEANINGS[content] };
}

type Tar = Pick<WasmVerdict, 'flavour' | 'shape' | 'evidence'>;

/** What a look showed of the file that is started, and of where it is started. */
function insideOf(subject: Subject): Partial<WasmVerdict> {
  const { variant } = subject;
  const lookUp = programLookUp(subject);
  const program = contentOf(variant, lookUp);
  const folder = folderLookUp(subject);
  const isFound = program !== undefined && program !== 'absent' && program !== 'hidden';
  const isOnlyOnPath = isFound && contentOf(variant, besideLookUp(subject)) === 'absent';
  return {
    ...(program === undefined ? {} : { program }),
    ...(isOnlyOnPath ? { isOnlyOnPath } : {}),
    ...(folder?.kind === 'folder' && contentOf(variant, folder) === 'absent'
      ? { missingFolder: folder.path }
      : {}),
    ...moduleOf(variant, lookUp),
  };
}

function tar({ command, variant }: Subject, sketch: Tar): WasmVerdict {
  const found: WasmVerdict = {
    kind: 'wasm',
    packaging: 'tar',
    firstArgument: command.first,
    ...(command.isOpen ? { isArgumentOpen: true } : {}),
    ...insideOf({ command, variant }),
    ...sketch,
  };
  return hostOf(variant) === 'none' ? { ...found, isHostless: true } : found;
}

/** The image of an application that brings its host's file; null where none was seen. */
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
  return tar(subject, { flavour, shape: 'application', evidence: [...evidence, file] });
}

/** Nothing to start by name, for a Wasm platform: an application, unless a look inside found no host's file. */
export function judgeNoHost(subject: Subject, evidence: readonly Evidence[]): Verdict {
  if (hostOf(subject.variant) !== 'none')
    return tar(subject, { flavour: 'spin-rootfs', shape: null, evidence });
  const missing = [SPIN_MANIFEST, SLIGHT_MANIFEST].map((path) => contentEvidence(path, 'absent'));
  return tar(subject, { flavour: 'wasi-image', shape: null, evidence: [...evidence, ...missing] });
}

/** What a look at the started file showed; nothing where nobody looked. */
export function programEvidence(subject: Subject): readonly Evidence[] {
  const lookUp = programLookUp(subject);
  const content = contentOf(subject.variant, lookUp);
  if (lookUp === null || content === undefined) return [];
  return [contentEvidence(lookUp.key.replace('//', '/'), content)];
}

/** A file that manifest and command hold to be Wasm, as what its bytes say, where they were seen. */
export function judgeProgram(subject: Subject, flavour: Flavour, evidence: readonly Evidence[]): Verdict {
  const content = contentOf(subject.variant, programLookUp(subject));
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
  return judgeHost(subject, seen) ?? tar(subject, { flavour, shape, evidence: seen });
}
