import {
  NO_CONTENTS,
  NOTHING_INSIDE,
  type ImageFacts,
  type ImageVariant,
  type Inside,
} from '../image/image-facts.ts';
import { hasRootFileSystem } from '../image/manifest.ts';
import { isImageConfig } from '../image/media-types.ts';
import { isWasmPlatform } from '../image/platform.ts';
import { VARIANT_ANNOTATION } from '../pod/names.ts';
import { judgeVariant } from './detect-wasm.ts';
import {
  effectiveCommand,
  namesWatFile,
  type CommandOverride,
  type EffectiveCommand,
} from './effective-command.ts';
import {
  besideLookUp,
  contentOf,
  folderLookUp,
  HOST_LOOK_UPS,
  layerLookUp,
  programLookUp,
  startsByHost,
  type LookUp,
} from './look-ups.ts';
import type { Subject } from './signal.ts';
import type { Verdict } from './verdict.ts';
import { wasmLayerOf } from './wasm-artifact-signals.ts';

/**
 * How much reason there must be to ask. `sign`: manifest, config or command hint that the image is not what it seems, or
 * leave its shape open · `small`: nothing hints at it, but the image is so small that a look costs little · `any`: nothing
 * hints at it, and the Pod would be denied because of it. An ordinary image may still start a Wasm file.
 */
export type Scope = 'sign' | 'small' | 'any';

/** What only a look inside the layers can tell of one manifest. */
export interface OpenQuestion {
  /** What to look for. */
  readonly lookUps: readonly LookUp[];
}

interface Judged {
  readonly subject: Subject;
  readonly verdict: Verdict;
}

function aboutLayer({ subject, verdict }: Judged): OpenQuestion | null {
  const layer = wasmLayerOf(subject.variant.manifest);
  if (verdict.kind !== 'wasm' || layer === undefined) return null;
  const lookUps = [layerLookUp(layer)];
  // What a component wants is in its config.
  return verdict.shape === null || verdict.shape === 'module' ? { lookUps } : null;
}

function isLabelled({ variant }: Subject): boolean {
  return (
    variant.manifest.annotations.has(VARIANT_ANNOTATION) || variant.config.labels.has(VARIANT_ANNOTATION)
  );
}

/** Whether a look at the started file may tell anything: an ordinary image needs a reason. */
function mayBeWasm({ subject, verdict }: Judged, scope: Scope): boolean {
  return verdict.kind === 'wasm' || scope !== 'sign' || isLabelled(subject);
}

/** A name that only the node expands, or WebAssembly text: no bytes would tell more. */
function isReadable({ first, isOpen }: EffectiveCommand): boolean {
  return first !== null && !isOpen && !namesWatFile(first);
}

function aboutFiles(judged: Judged, scope: Scope): OpenQuestion | null {
  const { variant, command } = judged.subject;
  const { platform } = variant.config;
  if (
    !hasRootFileSystem(variant.manifest) ||
    (platform.os !== 'linux' && !isWasmPlatform(platform)) ||
    platform.os === 'js'
  )
    return null;
  if (startsByHost(command.first)) return { lookUps: HOST_LOOK_UPS };
  const program = programLookUp(judged.subject);
  if (program === null || !isReadable(command) || !mayBeWasm(judged, scope)) return null;
  const folder = folderLookUp(judged.subject);
  if ([program, folder].every((lookUp) => lookUp === null || contentOf(variant, lookUp) !== undefined))
    return null;
  const beside = besideLookUp(judged.subject);
  const places = [beside, folder].filter((lookUp) => lookUp !== null);
  // A file of a Spin application may stand as its entrypoint: what is taken for a module must be seen to be no Spin file.
  return { lookUps: [program, ...places, ...HOST_LOOK_UPS] };
}

const SMALL = {
  /** Base layers of distributions aside, a program and its files: most Wasm images have one or two layers. */
  layers: 3,
  /** Bytes of all layers together: a Wasm program and little more. */
  bytes: 8 * 1024 * 1024,
} as const;

/** Reports whether the image is so small that it may be a Wasm program under an ordinary name. */
export function isSmallImage({ variants }: ImageFacts): boolean {
  return variants.every(({ manifest: { layers } }) => {
    if (layers.length > SMALL.layers) return false;
    return layers.reduce((sum, { size }) => sum + size, 0) <= SMALL.bytes;
  });
}

function openQuestion(variant: ImageVariant, override: CommandOverride, scope: Scope): OpenQuestion | null {
  const subject: Subject = { variant, command: effectiveCommand(override, variant.config) };
  const judged = { subject, verdict: judgeVariant(subject) };
  const isArtefact =
    !isImageConfig(variant.manifest.config.mediaType) || wasmLayerOf(variant.manifest) !== undefined;
  const question = isArtefact ? aboutLayer(judged) : aboutFiles(judged, scope);
  if (question === null) return null;
  const isSettled = question.lookUps.every(({ key }) => variant.contents.has(key));
  return isSettled ? null : question;
}

/** One for each variant, null where nothing is open; null for the image where that holds for all of them. */
export function openQuestions(
  facts: ImageFacts,
  override: CommandOverride,
  scope: Scope,
): readonly (OpenQuestion | null)[] | null {
  const questions = facts.variants.map((variant) => openQuestion(variant, override, scope));
  return questions.every((question) => question === null) ? null : questions;
}

/** Whoever writes Pods may ask for ever new files of one image: then what was found before is found again, or forgotten. */
const MOST_CONTENTS = 32;

function withContents(variant: ImageVariant, { contents, modules }: Inside): ImageVariant {
  const isFull = variant.contents.size >= MOST_CONTENTS;
  const known = isFull ? NO_CONTENTS : variant.contents;
  const knownModules = isFull || variant.modules === undefined ? [] : variant.modules;
  return {
    ...variant,
    contents: new Map([...known, ...contents]),
    modules: new Map([...knownModules, ...modules]),
  };
}

/** The same facts with what was found added, one `found` for each variant. */
export function addContents(facts: ImageFacts, found: readonly Inside[]): ImageFacts {
  const [first, ...others] = facts.variants;
  const add = (variant: ImageVariant, index: number): ImageVariant =>
    withContents(variant, found[index] ?? NOTHING_INSIDE);
  return { ...facts, variants: [add(first, 0), ...others.map((other, index) => add(other, index + 1))] };
}
