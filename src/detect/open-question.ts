import {
  NO_CONTENTS,
  NO_MODULES,
  NOTHING_INSIDE,
  type Content,
  type Contents,
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
  SLIGHT_MANIFEST,
  SPIN_MANIFEST,
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
  /** What the look may lead to. */
  readonly answers: readonly Answer[];
}

type Answer = 'module' | 'component' | 'program' | 'spin' | 'slight' | 'no-host';

const PROGRAMS: Readonly<Partial<Record<Answer, Content>>> = {
  module: 'module',
  component: 'component',
  program: 'elf',
};
const HOSTS: Readonly<Partial<Record<Answer, string>>> = { spin: SPIN_MANIFEST, slight: SLIGHT_MANIFEST };

const HOST_ANSWERS: readonly Answer[] = ['spin', 'slight', 'no-host'];

interface Judged {
  readonly subject: Subject;
  readonly verdict: Verdict;
}

function aboutLayer({ subject, verdict }: Judged): OpenQuestion | null {
  const layer = wasmLayerOf(subject.variant.manifest);
  if (verdict.kind !== 'wasm' || layer === undefined) return null;
  const lookUps = [layerLookUp(layer)];
  // What a component wants is in its config.
  if (verdict.shape === null) return { lookUps, answers: ['module', 'component'] };
  return verdict.shape === 'module' ? { lookUps, answers: ['module'] } : null;
}

function isLabelled({ variant }: Subject): boolean {
  return (
    variant.manifest.annotations.has(VARIANT_ANNOTATION) || variant.config.labels.has(VARIANT_ANNOTATION)
  );
}

function answersForProgram({ subject, verdict }: Judged, scope: Scope): readonly Answer[] {
  if (verdict.kind === 'wasm')
    return scope === 'sign' ? ['module', 'component'] : ['module', 'component', 'spin', 'slight'];
  return scope !== 'sign' || isLabelled(subject) ? ['module', 'component', 'program'] : [];
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
  if (startsByHost(command.first)) return { lookUps: HOST_LOOK_UPS, answers: HOST_ANSWERS };
  const program = programLookUp(judged.subject);
  if (program === null || !isReadable(command)) return null;
  const folder = folderLookUp(judged.subject);
  if ([program, folder].every((lookUp) => lookUp === null || contentOf(variant, lookUp) !== undefined))
    return null;
  const beside = besideLookUp(judged.subject);
  const places = [beside, folder].filter((lookUp) => lookUp !== null);
  // A file of a Spin application may stand as its entrypoint: what is taken for a module must be seen to be no Spin file.
  return { lookUps: [program, ...places, ...HOST_LOOK_UPS], answers: answersForProgram(judged, scope) };
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
    const bytes = layers.reduce((sum, { size }) => sum + size, 0);
    return layers.length <= SMALL.layers && bytes <= SMALL.bytes;
  });
}

function openQuestion(variant: ImageVariant, override: CommandOverride, scope: Scope): OpenQuestion | null {
  const subject: Subject = { variant, command: effectiveCommand(override, variant.config) };
  const judged = { subject, verdict: judgeVariant(subject) };
  const isArtefact =
    !isImageConfig(variant.manifest.config.mediaType) || wasmLayerOf(variant.manifest) !== undefined;
  const question = isArtefact ? aboutLayer(judged) : aboutFiles(judged, scope);
  if (question === null || question.answers.length === 0) return null;
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

function contentsFor(lookUps: readonly LookUp[], answer: Answer): Contents {
  const program = PROGRAMS[answer];
  return new Map(
    lookUps.flatMap(({ kind, key }): readonly (readonly [string, Content])[] => {
      if (kind === 'host') return [[key, HOSTS[answer] === key ? 'other' : 'absent']];
      return kind === 'folder' || program === undefined ? [] : [[key, program]];
    }),
  );
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

/** What the image would be for each answer that a look inside could give. */
export function supposeAnswers(
  facts: ImageFacts,
  questions: readonly (OpenQuestion | null)[],
): readonly ImageFacts[] {
  const answers = new Set(questions.flatMap((question) => question?.answers ?? []));
  return [...answers].map((answer) =>
    addContents(
      facts,
      questions.map((question) =>
        question === null
          ? NOTHING_INSIDE
          : { contents: contentsFor(question.lookUps, answer), modules: NO_MODULES },
      ),
    ),
  );
}
