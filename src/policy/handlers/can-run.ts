import { namesWasmFile } from '../../detect/effective-command.ts';
import type { Verdict, WasmVerdict } from '../../detect/verdict.ts';
import type { AssessedContainer } from '../facts.ts';
import type { HandlerProfile } from './handler-profiles.ts';
import { compareReleases, formatRelease } from './handler-release.ts';
import { imageForm, type ImageForm } from './image-form.ts';
import { MATRIX, REASONS, type ReasonId } from './matrix.ts';
import { isMadeForLunatic } from './runtime-gaps.ts';

/** What the Pod must carry for it to run, and may lack. */
export type Need = 'variant-annotation' | 'command' | 'spin-command';

/** `conditional`: runs if something holds that cannot be seen from the API server; `unknown`: nobody can tell. */
export interface Runs {
  readonly runs: 'yes' | 'no' | 'conditional' | 'unknown';
  /** For people, following the handler's title: "runs core modules only, and this is a component". */
  readonly why: string;
  readonly needs: readonly Need[];
  /** The registry does not show module or component, and this handler runs modules only. */
  readonly assumesModule: boolean;
}

const HOSTED: ReadonlySet<ImageForm> = new Set<ImageForm>([
  'spin-app',
  'spin-files',
  'spin-rootfs',
  'slight-files',
]);

/** Artefacts have no ENTRYPOINT, and without any command the node answers "no command specified". */
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

/** crun's `compat-smart` looks at nothing but this suffix, in lower case and at the very end (handler-utils.c). */
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
 * Returns whether a plain engine would take a file of a file-system layer for Wasm, whatever its platform claims: by the bytes
 * if somebody looked, by the name of what is started, or by the platform if only the node knows that name.
 */
export function hasWasmFile({ shape, firstArgument, isArgumentOpen }: WasmVerdict): boolean {
  if (shape !== null || isArgumentOpen === true) return true;
  return firstArgument !== null && namesWasmFile(firstArgument);
}

/** A file that crun could run, and with `compat-smart` takes for a Linux program for its name alone. */
export function isPassedOver(profile: HandlerProfile, verdict: Verdict): boolean {
  const form = imageForm(verdict);
  if (form === null || isSuffixOpen(verdict) || !escapesSuffixTest(profile, verdict)) return false;
  return REASONS[MATRIX[form].cells[profile.engine]].runs === 'conditional';
}

/** A file that crun runs or passes over, depending on a variable that only the node resolves. */
export function isSuffixUnknown(profile: HandlerProfile, verdict: Verdict): boolean {
  const form = imageForm(verdict);
  if (form === null || !isSuffixOpen(verdict) || !escapesSuffixTest(profile, verdict)) return false;
  return REASONS[MATRIX[form].cells[profile.engine]].runs === 'conditional';
}

function answer(reason: ReasonId, needs: readonly Need[], assumesModule: boolean): Runs {
  const { runs, why } = REASONS[reason];
  const isRunnable = runs === 'yes' || runs === 'conditional';
  return { runs, why, needs: isRunnable ? needs : [], assumesModule: isRunnable && assumesModule };
}

/** A handler's name is no proof of its release, so that nothing is certain. Null where the name speaks for no older one. */
function tooOld({ release, releases }: HandlerProfile, form: ImageForm): Runs | null {
  const since = releases.since[form];
  if (since === undefined || release === null || compareReleases(release, since) >= 0) return null;
  const why = `runs ${MATRIX[form].what} since release ${formatRelease(since)}, and this handler's name stands for an older one`;
  return { runs: 'unknown', why, needs: [], assumesModule: false };
}

/** Reports whether the handler's name stands for a release that does not run images of this form yet. */
export function isTooOld(profile: HandlerProfile, verdict: Verdict): boolean {
  const form = imageForm(verdict);
  return form !== null && tooOld(profile, form) !== null;
}

/** Whether this handler runs this image, once it is on the node. */
export function canRun(profile: HandlerProfile, verdict: Verdict): Runs {
  const form = imageForm(verdict);
  if (form === null) return answer('image-unknown', [], false);
  const cell = isMadeForLunatic(profile, verdict) ? 'lunatic' : MATRIX[form].cells[profile.engine];
  if (isPassedOver(profile, verdict)) return answer('suffix-missing', [], false);
  if (isSuffixUnknown(profile, verdict)) return answer('suffix-unknown', [], false);
  const reason = cell === 'annotated' && profile.annotationArrives ? 'annotation-arrives' : cell;
  const isOpen = verdict.kind === 'wasm' && verdict.shape === null && profile.engine !== 'wasmtime';
  const old = REASONS[reason].runs === 'no' ? null : tooOld(profile, form);
  if (old !== null) return old;
  return answer(reason, needsOf(profile, verdict, form), isOpen && !HOSTED.has(form));
}

/** A sidecar that is unknown, or is no workload at all, counts as what most sidecars are. */
const AS_CONTAINER = { kind: 'container', evidence: [] } as const;

/** What a handler makes of one container of the Pod. */
export function runsContainer(profile: HandlerProfile, { verdict }: AssessedContainer): Runs {
  const isOpen = verdict.kind === 'unknown' || verdict.kind === 'not-a-workload';
  return canRun(profile, isOpen ? AS_CONTAINER : verdict);
}
