import { detectWasm } from '../../../src/detect/detect-wasm.ts';
import type { Verdict } from '../../../src/detect/verdict.ts';
import { createImageStore } from '../../../src/fake-registry/image-store.ts';
import type { PullOutlook } from '../../../src/image/image-facts.ts';
import type { HandlerProfile } from '../../../src/policy/handlers/handler-profiles.ts';
import { BUILT_IN } from '../../../src/policy/handlers/handler-table.ts';
import { type ImageForm, imageForm } from '../../../src/policy/handlers/image-form.ts';
import { readStoredContents, readStoredFacts } from '../../support/image/stored-facts.ts';
import { type MeasuredRun, readMeasured, type Result } from './measured.ts';
import { recordedImages } from './recorded-images.ts';

/** An image of the record as wasmgate sees it. */
export interface JudgedImage {
  readonly name: string;
  readonly pull: PullOutlook;
  /** From manifest and config alone. */
  readonly atFirst: Verdict;
  /** Once the layers were read. */
  readonly verdict: Verdict;
}

/** Judges every image of the record. */
export async function judgeRecordedImages(): Promise<readonly JudgedImage[]> {
  const judged = recordedImages().map(async ({ name, reference, command, put }) => {
    const store = createImageStore();
    put(store);
    const override = command === null ? {} : { command };
    const facts = await readStoredFacts(store, reference);
    const contents = await readStoredContents(store, reference, command ?? undefined);
    const atFirst = detectWasm(facts, override);
    return { name, pull: facts.pull, atFirst, verdict: detectWasm(contents, override) };
  });
  return Promise.all(judged);
}

/** One result, with the cell of the matrix that it is evidence for. */
export interface MeasuredCell {
  readonly image: string;
  readonly run: MeasuredRun;
  readonly profile: HandlerProfile;
  readonly form: ImageForm;
  /** What the cell is judged by: both of an image's verdicts, if they have different forms. */
  readonly verdict: Verdict;
  readonly result: Result;
}

/**
 * Reports whether the verdict without the layers takes a component for a module, as it does while nothing shows the difference:
 * then the result is no evidence for the form of that verdict.
 */
function isMistaken(atFirst: Verdict, verdict: Verdict): boolean {
  return (
    verdict.kind === 'wasm' && verdict.shape === 'component' && imageForm(atFirst) !== imageForm(verdict)
  );
}

function verdictsOf({ atFirst, verdict }: JudgedImage): readonly Verdict[] {
  const isSame = imageForm(atFirst) === imageForm(verdict) || isMistaken(atFirst, verdict);
  return isSame ? [verdict] : [atFirst, verdict];
}

/** Returns all results of images that nodes pulled, on handlers that the matrix has, for each form of the image. */
export async function measuredCells(): Promise<readonly MeasuredCell[]> {
  const images = await judgeRecordedImages();
  return readMeasured().runs.flatMap((run) => {
    const profile = BUILT_IN.profileOf(run.profile ?? '');
    if (profile === null) return [];
    return images.flatMap((image) => {
      const result = run.results[image.name];
      if (result === undefined || !result.pulled) return [];
      return verdictsOf(image).flatMap((verdict): readonly MeasuredCell[] => {
        const form = imageForm(verdict);
        return form === null ? [] : [{ image: image.name, run, profile, form, verdict, result }];
      });
    });
  });
}
