import type { Io } from '../io.ts';
import { isKustomization } from './kustomizations.ts';
import type { Input } from './review-input.ts';
import type { Reviewed } from './review-subject.ts';

const NO_CLASSES =
  'Note: no RuntimeClass is given, so what hangs on them is left open. Name them with --facts FILE, or take those of a cluster with --live.\n';

const KUSTOMIZATION =
  'Note: what a kustomization changes is not seen in its files. Review what it builds: kubectl kustomize FOLDER | wasmgate review -f -\n';

function hangsOnClasses(review: Reviewed): boolean {
  return review.kind === 'decided' && review.assessment.hangsOnClasses === true;
}

/** What is to be known of the whole review, once, whatever the output. */
export function writeNotes({ stderr }: Io, { others }: Input, reviews: readonly Reviewed[]): void {
  if (reviews.some(hangsOnClasses)) stderr.write(NO_CLASSES);
  if (others.some(isKustomization)) stderr.write(KUSTOMIZATION);
}
