import { namesWasmFile } from '../../detect/effective-command.ts';
import type { Verdict, WasmVerdict } from '../../detect/verdict.ts';
import type { AssessedContainer } from '../facts.ts';
import type { HandlerProfile } from './handler-profiles.ts';
import { compareReleases, formatRelease } from './handler-release.ts';
import { imageForm, type ImageForm } from './image-form.ts';
import { MATRIX, REASONS, type ReasonId } from './matrix.ts';
import { isMadeForLunatic } from './runtime-gaps.ts';

/** What the Pod needs for the handler to run it. */
export type Need = 'variant-annotation' | 'command' | 'spin-command';

/**
 * Whether a handler runs an image. `conditional`: this depends on something that the API server does not show · `unknown`: it was
 * not measured, or cannot be known.
 */
export interface Runs {
  readonly runs: 'yes' | 'no' | 'conditional' | 'unknown';
  /** Follows the handler's title in messages: "runs core modules only, and this is a component". */
  readonly why: string;
  readonly needs: readonly Need[];
  /** True if this handler runs modules only, and the registry does not show whether the image is one. */
  readonly assumesModule: boolean;
}

const HOSTED: ReadonlySet<ImageForm> = new Set<ImageForm>([
  'spin-app',
  'spin-files',
  'spin-rootfs',
  'slight-files',
]);

/** Returns the command that an artifact needs: it has no ENTRYPOINT, and the node fails with "no command specified". */
function commandNeed(verdict: WasmVerdict, form: ImageForm): Need | null {
  if (verdict.firstArgument !== null) return null;
  return HOSTED.has(form) ? 'spin-command' : 'command';
}

function needsOf(profile: HandlerProfile, verdict: Verdict, form: ImageForm): readonly Need[] {
  if (verdict.kind !== 'wasm') return [];
  const command = commandNeed(verdict, form);
  const needs: Need[] = profile.needsAnnotation ? ['variant-annotation'] : [];
  return command === null ? needs : [...needs, command];
}

/** Reports whether crun's `compat-smart` ignores the file: it tests only this suffix, in lower case (handler-utils.c). */
function escapesSuffixTest(profile: HandlerProfile, verdict: Verdict): boolean {
  return (
    profile.needsAnnotation &&
    verdict.kind === 'wasm' &&
    verdict.firstArgument !== null &&
    !verdict.firstArgument.endsWith('.wasm')
  );
}

function isSuffixOpen(verdict: Verdict): boolean {
  return verdict.kind === 'wasm' && verdict.isArgumentOpen === true;
}

/**
 * Reports whether a plain engine would recognize a file of a file-system layer as Wasm, whatever its platform claims: by its
 * bytes if wasmgate read them, by its name, or by the platform if only the node knows that name.
 */
export function hasWasmFile({ shape, firstArgument, isArgumentOpen }: WasmVerdict): boolean {
  if (shape !== null || isArgumentOpen === true) return true;
  return firstArgument !== null && namesWasmFile(firstArgument);
}

/** Reports whether crun could run the file, but with `compat-smart` starts it as a Linux program because of its name. */
export function isPassedOver(profile: HandlerProfile, verdict: Verdict): boolean {
  const form = imageForm(verdict);
  if (form === null || isSuffixOpen(verdict) || !escapesSuffixTest(profile, verdict)) return false;
  return REASONS[MATRIX[form].cells[profile.engine]].runs === 'conditional';
}

/** Reports whether a variable that only the node resolves decides whether crun runs the file as Wasm. */
export function isSuffixUnknown(profile: HandlerProfile, verdict: Verdict): boolean {
  const form = imageForm(verdict);
  if (form === null || !isSuffixOpen(verdict) || !escapesSuffixTest(profile, verdict)) return false;
  return REASONS[MATRIX[form].cells[profile.engine]].runs === 'conditional';
}

function resultFor(reason: ReasonId, needs: readonly Need[], assumesModule: boolean): Runs {
  const { runs, why } = REASONS[reason];
  const isRunnable = runs === 'yes' || runs === 'conditional';
  return { runs, why, needs: isRunnable ? needs : [], assumesModule: isRunnable && assumesModule };
}

/** Returns null unless the handler's name suggests an older release. A name proves no release, so the result is `unknown`. */
function tooOld({ release, releases }: HandlerProfile, form: ImageForm): Runs | null {
  const since = releases.since[form];
  if (since === undefined || release === null || compareReleases(release, since) >= 0) return null;
  const why = `runs it only since release ${formatRelease(since)}`;
  return { runs: 'unknown', why, needs: [], assumesModule: false };
}

/** Reports whether the handler's name suggests a release that does not run images of this form yet. */
export function isTooOld(profile: HandlerProfile, verdict: Verdict): boolean {
  const form = imageForm(verdict);
  return form !== null && tooOld(profile, form) !== null;
}

/** Returns why the handler runs images of this form or not, if its cell of the matrix decides. */
function reasonFor(profile: HandlerProfile, cell: ReasonId): ReasonId {
  return cell === 'annotated' && profile.annotationArrives ? 'annotation-arrives' : cell;
}

/** Judges whether this handler runs images of a form in general, whatever their names and the Pod. */
export function runsForm(profile: HandlerProfile, form: ImageForm): Pick<Runs, 'runs' | 'why'> {
  const reason = REASONS[reasonFor(profile, MATRIX[form].cells[profile.engine])];
  const old = reason.runs === 'no' ? null : tooOld(profile, form);
  return old ?? reason;
}

/** Judges whether this handler runs this image, once a node has pulled it. */
export function canRun(profile: HandlerProfile, verdict: Verdict): Runs {
  const form = imageForm(verdict);
  if (form === null) return resultFor('image-unknown', [], false);
  const cell = isMadeForLunatic(profile, verdict) ? 'lunatic' : MATRIX[form].cells[profile.engine];
  if (isPassedOver(profile, verdict)) return resultFor('suffix-missing', [], false);
  if (isSuffixUnknown(profile, verdict)) return resultFor('suffix-unknown', [], false);
  const reason = reasonFor(profile, cell);
  const isOpen = verdict.kind === 'wasm' && verdict.shape === null && profile.engine !== 'wasmtime';
  const old = REASONS[reason].runs === 'no' ? null : tooOld(profile, form);
  if (old !== null) return old;
  return resultFor(reason, needsOf(profile, verdict, form), isOpen && !HOSTED.has(form));
}

/** The verdict assumed for an unknown image and for one that is no workload: a Linux container, like most sidecars. */
const AS_CONTAINER = { kind: 'container', evidence: [] } as const;

/** Judges whether the handler runs one container of the Pod. */
export function runsContainer(profile: HandlerProfile, { verdict }: AssessedContainer): Runs {
  const isOpen = verdict.kind === 'unknown' || verdict.kind === 'not-a-workload';
  return canRun(profile, isOpen ? AS_CONTAINER : verdict);
}
