// why    Without this annotation, crun starts a Wasm file as a Linux program. `compat-smart` decides by the suffix of the first
//        argument, so Linux sidecars in the same Pod still start as Linux programs.
// writes metadata.annotations; never over a user's value, and not beside run.oci.handler, which crun reads first.
import { escapeSegment } from '../../pod/json-pointer.ts';
import { HANDLER_ANNOTATION, VARIANT_ANNOTATION } from '../../pod/names.ts';
import { NO_CHANGES, type Mutation } from '../check.ts';

export const setVariantAnnotation: Mutation = ({ pod, resolved, settings }) => {
  const annotations = pod.metadata?.annotations ?? {};
  if (annotations[VARIANT_ANNOTATION] !== undefined || annotations[HANDLER_ANNOTATION] !== undefined)
    return NO_CHANGES;
  const isNeeded = resolved.profile?.needsAnnotation === true;
  const isWanted =
    settings.variantAnnotation === 'always' || (settings.variantAnnotation === 'when-needed' && isNeeded);
  if (!isWanted) return NO_CHANGES;
  const path = `/metadata/annotations/${escapeSegment(VARIANT_ANNOTATION)}`;
  const reason = 'makes crun recognize Wasm containers';
  return [{ op: 'add', path, value: 'compat-smart', reason, ...(isNeeded ? { isNeed: true } : {}) }];
};
